import type { z } from 'zod';
import type { Actor } from '../../core/actor.ts';
import type { AppError, ExpectedCode } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { from, type Input } from './fields.ts';
import type { RestRequest } from './request.ts';

/** What goes back: a body is sent as JSON, none as an empty answer. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is known of a request that failed: less, the earlier it did. */
export interface Asked {
  readonly actor: Actor;
  readonly row?: Row | undefined;
  readonly request?: RestRequest | undefined;
}

/** Asks another operation for what an answer needs besides; as whoever has just signed in, if told. */
export type Ask = <S extends z.ZodType, F extends ExpectedCode, R>(
  operation: Operation<S, F, R>,
  input: z.input<S>,
  actor?: Actor,
) => Promise<R>;

/** One documented endpoint: which operation it is, how its request maps, how its answer reads. */
export interface Row {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As the document has it; `:name` marks a parameter. */
  readonly path: string;
  readonly operation: Operation<z.ZodType, ExpectedCode, unknown>;
  /** The operation's input; nothing where the endpoint takes none. */
  readonly input: Input;
  readonly reply: (result: unknown, request: RestRequest, ask: Ask) => Reply | Promise<Reply>;
  /** Whether who is signed in is asked about, where nobody has to be. */
  readonly signIn?: 'optional';
  /** A request of the document's own, by its names of fields; a list where the body is one. */
  readonly example: Example;
  /** The dialect that it is of, where another one offers it too. */
  readonly owner?: Dialect;
}

type Example = Readonly<Record<string, unknown>> | readonly object[];

interface RowOf<S extends z.ZodType, F extends ExpectedCode, R> {
  readonly method: Row['method'];
  readonly path: string;
  readonly operation: Operation<S, F, R>;
  readonly input?: Input;
  readonly signIn?: Row['signIn'];
  readonly example?: Example;
  readonly reply: (result: R, request: RestRequest, ask: Ask) => Reply | Promise<Reply>;
}

/** A row whose reply is typed by its operation's result. */
export function row<S extends z.ZodType, F extends ExpectedCode, R>(spec: RowOf<S, F, R>): Row {
  return {
    method: spec.method,
    path: spec.path,
    operation: spec.operation,
    input: spec.input ?? from({}),
    ...(spec.signIn && { signIn: spec.signIn }),
    example: spec.example ?? {},
    reply: spec.reply as Row['reply'],
  };
}

/** A documented account API as a table. */
export interface Dialect {
  readonly name: string;
  /** What people call the product whose API it is. */
  readonly title: string;
  /** What is particular about it, in a sentence. */
  readonly about: string;
  /** The cookie its token travels in; where there is none, a bearer token says who calls. */
  readonly cookie?: string;
  /** Whether an API key may stand in for the bearer token; it is one that is not valid where not. */
  readonly takesApiKeys?: true;
  /** Tokens whose `sub` is the username, which no other service takes. @default tokens that others verify */
  readonly tokenKind?: 'named';
  /** Whether nobody has to say who they are while authentication is off; others want a token still. */
  readonly isOpenWhileOff?: true;
  /** Whether somebody without the right is told first what is wrong with their request. */
  readonly refusesInputFirst?: true;
  readonly rows: readonly Row[];
  /** An error as its clients read it. */
  readonly failure: (error: AppError, asked: Asked) => Reply;
}

/** Some rows of another dialect, which go on asking who calls as theirs does. */
export function rowsOf(owner: Dialect, paths: readonly string[]): readonly Row[] {
  return owner.rows.filter(({ path }) => paths.includes(path)).map((row) => ({ ...row, owner }));
}
