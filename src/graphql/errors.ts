import { GraphQLError } from 'graphql';
import { AppError, ERRORS } from '../errors.ts';
import type { Log } from '../adapters/log.ts';

/**
 * What a client sees of an error: an AppError by its code, a fault of the document as GraphQL states it,
 * anything else as INTERNAL_SERVER_ERROR with no word of its cause, which is logged.
 */
export function createErrorMask(log: Log): (error: unknown) => GraphQLError {
  return (error) => {
    const cause = rootCause(error);
    if (cause instanceof AppError) return withExtensions(error, cause.message, describe(cause));
    if (cause instanceof GraphQLError) return withCode(cause);
    log.error({ err: cause, path: pathOf(error) }, 'unexpected error');
    return withExtensions(error, ERRORS.INTERNAL_SERVER_ERROR.message, {
      code: 'INTERNAL_SERVER_ERROR',
      unexpected: true,
    });
  };
}

function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError
    ? rootCause(error.originalError)
    : error;
}

function describe({ code, details }: AppError): Record<string, unknown> {
  const { issues, retryAfterSeconds } = details;
  return {
    code,
    ...(issues && { issues }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** Every error carries a code: the engine's own ones say only that the request was no good. */
function withCode(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== undefined) return error;
  return withExtensions(error, error.message, { ...error.extensions, code: 'BAD_USER_INPUT' });
}

function withExtensions(
  error: unknown,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions });
  const { nodes = null, source = null, positions = null, path = null } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

function pathOf(error: unknown): string | undefined {
  return error instanceof GraphQLError ? error.path?.join('.') : undefined;
}
