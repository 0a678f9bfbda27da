import { GraphQLError } from 'graphql';
import type { Log } from '../../adapters/log.ts';
import { temporaryFailure } from '../../db/failures.ts';
import { AppError, ERRORS } from '../../core/errors.ts';
import { withoutQuotedValue } from './quoted-values.ts';

/** What Yoga makes of an error over HTTP; `spec` leaves a client of the older media type at 200. */
interface HttpExtension {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly spec?: boolean;
}

/**
 * What a client sees of an error: an AppError by its code, a fault of the request as GraphQL states it,
 * anything else as INTERNAL_SERVER_ERROR with no word of its cause. The cause of a field's error stays
 * with it for `logUnexpected`; one from anywhere else is logged at once.
 */
export function createErrorMask(log: Log): (error: unknown) => GraphQLError {
  return (error) => {
    const cause = rootCause(error);
    if (cause instanceof AppError) return toGraphqlError(cause, error);
    const temporary = temporaryFailure(cause);
    if (temporary) {
      log.warn({ err: cause }, 'the database did not do it');
      return toGraphqlError(temporary, error);
    }
    if (cause instanceof GraphQLError) return withCode(withoutValue(cause));
    if (!(error instanceof GraphQLError)) log.error({ err: error }, 'unexpected error');
    const { message } = ERRORS.INTERNAL_SERVER_ERROR;
    const extensions = { code: 'INTERNAL_SERVER_ERROR', unexpected: true };
    return rewrite(error, message, extensions, cause);
  };
}

/** An error of our table as GraphQL has it; `at` is where the engine met it. */
export function toGraphqlError({ message, code, details }: AppError, at?: unknown): GraphQLError {
  const { issues, required, isMember, reason, maxAgeSeconds, methods, retryAfterSeconds } = details;
  return rewrite(at, message, {
    code,
    ...(issues && { issues }),
    ...(required !== undefined && { required }),
    ...(isMember !== undefined && { isMember }),
    ...(reason !== undefined && { reason }),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    ...(methods && { methods }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

/** The same for a request of which nothing is executed; the older media type answers it with 200. */
export function toRequestError(error: AppError): GraphQLError {
  const http: HttpExtension = { status: ERRORS[error.code].status, spec: true };
  return new GraphQLError(error.message, { extensions: { code: error.code, http } });
}

/** A fault that the engine found in a request before anything was executed. */
export function requestError(error: GraphQLError, code: string): GraphQLError {
  if (error.extensions['code'] !== undefined) return error;
  const http: HttpExtension = { status: 400, spec: true };
  return rewrite(error, error.message, { ...error.extensions, code, http });
}

/** Writes down what lies behind the masked errors of a result. */
export function logUnexpected(log: Log, errors: readonly GraphQLError[], requestId: string): void {
  for (const { originalError, path } of errors) {
    if (!originalError || originalError instanceof GraphQLError) continue;
    log.error({ err: originalError, path: path?.join('.'), requestId }, 'unexpected error');
  }
}

function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError
    ? rootCause(error.originalError)
    : error;
}

/** The most places in a document that one error points to. */
const MOST_PLACES = 5;
const HINT = ' Did you mean ';

/**
 * The same error, without what was sent in its message.
 * @param hideSuggestions whether it goes without hints as well, of which graphql-js leaves some
 */
export function withoutValue(error: GraphQLError, hideSuggestions = false): GraphQLError {
  const plain = withoutQuotedValue(error.message);
  const hint = hideSuggestions ? plain.indexOf(HINT) : -1;
  const message = hint === -1 ? plain : plain.slice(0, hint);
  const isTold = message === error.message && (error.nodes?.length ?? 0) <= MOST_PLACES;
  return isTold ? error : rewrite(error, message, error.extensions);
}

/**
 * Every error carries a code. The engine's own ones say only that the request was no good; before
 * anything was executed that is a request error, which the newer media type answers with 400.
 */
function withCode(error: GraphQLError): GraphQLError {
  const { code, http } = error.extensions as { code?: string; http?: HttpExtension };
  if (code === undefined) {
    const isRequestError = error.path === undefined;
    const answer = isRequestError ? { http: { status: 400, spec: true } } : {};
    return rewrite(error, error.message, {
      ...error.extensions,
      code: 'BAD_USER_INPUT',
      ...answer,
    });
  }
  if (code !== 'BAD_REQUEST') return error;
  return http?.status === 405
    ? rewrite(error, error.message, { code: 'METHOD_NOT_ALLOWED', http })
    : rewrite(error, error.message, { code: 'MALFORMED_BODY', http: { status: 400 } });
}

function rewrite(
  at: unknown,
  message: string,
  extensions: Record<string, unknown>,
  cause?: unknown,
): GraphQLError {
  const originalError = cause instanceof Error ? cause : null;
  if (!(at instanceof GraphQLError))
    return new GraphQLError(message, { extensions, originalError });
  const { nodes = null, source = null, positions = null, path = null } = at;
  const where = {
    nodes: nodes?.slice(0, MOST_PLACES) ?? null,
    source,
    positions: positions?.slice(0, MOST_PLACES) ?? null,
    path,
  };
  return new GraphQLError(message, { ...where, extensions, originalError });
}
