import type { z } from 'zod';
import { needsSignIn, satisfies, type Scopes } from './access/scopes.ts';
import type { Context } from './context.ts';
import { AppError, type ErrorCode, type ExpectedCode, isGeneric, type Issue } from './errors.ts';

/** One use case: what it needs, who may, how it can fail, and what it does. */
export interface OperationSpec<S extends z.ZodType, F extends ExpectedCode, R> {
  /** The name it has in the GraphQL contract and in logs. */
  readonly name: string;
  /** What an API user reads in the schema and in OpenAPI. */
  readonly description: string;
  readonly input: S;
  readonly scopes: Scopes;
  /** The failures that belong to it; doors derive result unions and statuses from them. */
  readonly fails: readonly F[];
  readonly handle: (ctx: Context, input: z.output<S>) => Promise<R> | R;
}

export interface Operation<S extends z.ZodType, F extends ExpectedCode, R> extends OperationSpec<
  S,
  F,
  R
> {
  /**
   * Refuses strangers, then bad input, then the unentitled; then does it. An input that has yet to be
   * read is given as a function: a stranger is turned away before it is called.
   */
  readonly run: (ctx: Context, input: unknown) => Promise<R>;
}

export function operation<S extends z.ZodType, F extends ExpectedCode, R>(
  spec: OperationSpec<S, F, R>,
): Operation<S, F, R> {
  return { ...spec, run: (ctx, input) => run(spec, ctx, input) };
}

async function run<S extends z.ZodType, F extends ExpectedCode, R>(
  spec: OperationSpec<S, F, R>,
  ctx: Context,
  raw: unknown,
): Promise<R> {
  if (needsSignIn(spec.scopes) && ctx.actor.kind === 'anonymous') {
    throw new AppError('UNAUTHENTICATED');
  }
  const input = parse(spec.input, raw instanceof Function ? (raw as () => unknown)() : raw);
  if (!satisfies(ctx.actor, spec.scopes)) throw new AppError('FORBIDDEN');
  try {
    return await spec.handle(ctx, input);
  } catch (error) {
    if (error instanceof AppError && !declares(spec.fails, error.code)) {
      throw new Error(`${spec.name} answered ${error.code}, which it does not declare`, {
        cause: error,
      });
    }
    throw error;
  }
}

function declares(fails: readonly ErrorCode[], code: ErrorCode): boolean {
  return isGeneric(code) || fails.includes(code);
}

function parse<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const result = schema.safeParse(raw ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue): Issue => ({
    path: issue.path.filter((part) => typeof part !== 'symbol'),
    message: issue.message,
  }));
  throw new AppError('BAD_USER_INPUT', { issues });
}
