import type { z } from 'zod';
import { authorize, needsSignIn, type Scopes } from '../access/scopes.ts';
import type { Context, ThrottledContext } from './context.ts';
import { type Buckets, UNCOUNTED } from './throttle.ts';
import {
  AppError,
  type ErrorCode,
  type ExpectedCode,
  isGeneric,
  isUntried,
  type Issue,
} from './errors.ts';

type Target = string | null | undefined;

/** A result that is neither the end nor a failure: something else has to be done first. */
export interface State {
  /** Which; the name of its type in the GraphQL contract. */
  readonly state: string;
}

interface Declaration<S extends z.ZodType, F extends ExpectedCode> {
  /** The name it has in the GraphQL contract and in logs. */
  readonly name: string;
  /** What an API user reads in the schema and in OpenAPI. */
  readonly description: string;
  readonly input: S;
  readonly scopes: Scopes;
  /** The id of the tenant or of the project that the scopes ask about. */
  readonly target?: (input: z.output<S>, ctx: Context) => Target | Promise<Target>;
  /** Whether it may come before the own password that somebody has yet to choose. */
  readonly beforePasswordChange?: true;
  /** Whether a user shows a credential of theirs by it: its failures are counted as failed sign-ins. */
  readonly isSignIn?: true;
  /** The failures that belong to it; doors derive result unions and statuses from them. */
  readonly fails: readonly F[];
}

/** One use case: what it needs, who may, how it can fail, and what it does. */
export interface OperationSpec<S extends z.ZodType, F extends ExpectedCode, R> extends Declaration<
  S,
  F
> {
  readonly throttle?: undefined;
  /** Another operation that does its work, and counts the attempts. */
  readonly throttledBy?: { readonly isThrottled: boolean };
  readonly handle: (ctx: Context, input: z.output<S>) => Promise<R> | R;
}

/** What an attempt counts against; nothing where this input makes it no guess. */
export type Throttle<I> = (
  ctx: Context,
  input: I,
) => Buckets | undefined | Promise<Buckets | undefined>;

/** One that can be guessed at or is costly: each attempt is counted before it is made. */
export interface ThrottledSpec<S extends z.ZodType, F extends ExpectedCode, R> extends Declaration<
  S,
  F
> {
  /** What an attempt counts against. */
  readonly throttle: Throttle<z.output<S>>;
  /** Whether a GraphQL request may have several: where no credential is checked, the count is enough. */
  readonly repeatable?: true;
  /** Says `ctx.attempt.succeeded()` as soon as a credential was found right. */
  readonly handle: (ctx: ThrottledContext, input: z.output<S>) => Promise<R> | R;
}

export interface Operation<S extends z.ZodType, F extends ExpectedCode, R> extends Declaration<
  S,
  F
> {
  /** Whether attempts are counted, by it or by another operation that does its work. */
  readonly isThrottled: boolean;
  /** Whether GraphQL takes one of all such that are in a request. */
  readonly isOnce: boolean;
  /**
   * Begins nothing for whom nobody waits. Refuses strangers, then whoever has yet to choose a password of
   * their own, then the unentitled, then bad input, then those who are to wait; then does it. The input
   * comes before the unentitled where the right hangs on a target that it names, or if the door says so.
   * One that has yet to be read is given as a function, which is called where it is looked at.
   */
  readonly run: (ctx: Context, input: unknown, order?: Order) => Promise<R>;
}

/** In which order a door refuses, where its document has another than the operation. */
interface Order {
  readonly inputFirst?: true | undefined;
}

export function operation<S extends z.ZodType, F extends ExpectedCode, R>(
  spec: ThrottledSpec<S, F, R>,
): Operation<S, F, R>;
export function operation<S extends z.ZodType, F extends ExpectedCode, R>(
  spec: OperationSpec<S, F, R>,
): Operation<S, F, R>;
export function operation<S extends z.ZodType, F extends ExpectedCode, R>(
  spec: OperationSpec<S, F, R> | ThrottledSpec<S, F, R>,
): Operation<S, F, R> {
  const unseen = unseenTarget(spec.scopes);
  if (unseen && !(spec.target && declares(spec.fails, unseen))) {
    throw new Error(`${spec.name} needs a target, and ${unseen} among its failures`);
  }
  const isThrottled = spec.throttle ? true : (spec.throttledBy?.isThrottled ?? false);
  const isOnce = spec.throttle !== undefined && !spec.repeatable;
  const offered = (ctx: Context, input: unknown, order?: Order) =>
    ctx.telemetry.operation(spec, ctx, () => run(spec, ctx, input, order));
  return { ...spec, isThrottled, isOnce, run: offered };
}

async function run<S extends z.ZodType, F extends ExpectedCode, R>(
  spec: OperationSpec<S, F, R> | ThrottledSpec<S, F, R>,
  ctx: Context,
  raw: unknown,
  { inputFirst }: Order = {},
): Promise<R> {
  ctx.request.signal?.throwIfAborted();
  if (needsSignIn(spec.scopes) && ctx.actor.kind === 'anonymous') {
    throw new AppError('UNAUTHENTICATED');
  }
  if (needsSignIn(spec.scopes) && !spec.beforePasswordChange) requireOwnPassword(ctx);
  const isAskedFirst = spec.target === undefined && !inputFirst;
  if (isAskedFirst) {
    const pending = admit(spec, ctx, undefined);
    if (pending) await pending;
  }
  const input = parse(spec.input, raw instanceof Function ? await (raw as () => unknown)() : raw);
  try {
    if (!isAskedFirst) {
      const target = spec.target && (await spec.target(input, ctx));
      const pending = admit(spec, ctx, target ?? undefined);
      if (pending) await pending;
    }
    return await (spec.throttle ? tryOnce(spec, ctx, input) : spec.handle(ctx, input));
  } catch (error) {
    if (error instanceof AppError && !declares(spec.fails, error.code)) {
      throw new Error(`${spec.name} answered ${error.code}, which it does not declare`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** Authorizes, and has a refusal written down. */
function admit(
  { name, scopes }: { readonly name: string; readonly scopes: Scopes },
  ctx: Context,
  target: string | undefined,
): Promise<void> | undefined {
  const refuse = (error: unknown): never => {
    ctx.auditLog.denied(ctx, name, error);
    throw error;
  };
  try {
    return authorize(ctx, scopes, target)?.catch(refuse);
  } catch (error) {
    return refuse(error);
  }
}

/** After signing in with a password that an administrator gave them, a user can only change it. */
function requireOwnPassword({ actor }: Context): void {
  const isGiven = 'user' in actor && actor.user.mustChangePassword;
  if (isGiven) throw new AppError('PASSWORD_CHANGE_REQUIRED');
}

async function tryOnce<S extends z.ZodType, F extends ExpectedCode, R>(
  spec: ThrottledSpec<S, F, R>,
  ctx: Context,
  input: z.output<S>,
): Promise<R> {
  // The operator at the machine guesses at nothing.
  const buckets = ctx.actor.kind === 'system' ? undefined : await spec.throttle(ctx, input);
  const attempt = buckets ? await ctx.throttles.claim(buckets) : UNCOUNTED;
  try {
    return await spec.handle({ ...ctx, attempt }, input);
  } catch (error) {
    if (error instanceof AppError && isUntried(error.code)) await attempt.givenBack();
    throw error;
  }
}

/** What a caller is told of a tenant or project that is none of theirs. */
function unseenTarget({ tenant, project }: Scopes): ExpectedCode | undefined {
  if (project !== undefined) return 'PROJECT_NOT_FOUND';
  return tenant === undefined ? undefined : 'TENANT_NOT_FOUND';
}

function declares(fails: readonly ErrorCode[], code: ErrorCode): boolean {
  return isGeneric(code) || fails.includes(code);
}

/** How much of what is wrong with an input is told. A message may list all names that are not known. */
const MOST_ISSUES = 10;
const LONGEST_RULE = 300;

function parse<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const result = schema.safeParse(raw ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, MOST_ISSUES).map((issue): Issue => ({
    path: issue.path.filter((part) => typeof part !== 'symbol'),
    message: issue.message.slice(0, LONGEST_RULE),
  }));
  throw new AppError('BAD_USER_INPUT', { issues });
}
