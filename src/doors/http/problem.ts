import type { Log } from '../../adapters/log.ts';
import { temporaryFailure } from '../../db/failures.ts';
import { AppError, ERRORS } from '../../core/errors.ts';
import { type HttpReply, jsonReply } from './endpoint.ts';

/** An error that was meant for the client; anything else is logged and masked. */
export function toAppError(log: Log, error: unknown, requestId: string): AppError {
  if (error instanceof AppError) return error;
  const temporary = temporaryFailure(error);
  if (temporary) {
    log.warn({ err: error, requestId }, 'the database did not do it');
    return temporary;
  }
  log.error({ err: error, requestId }, 'unexpected error');
  return new AppError('INTERNAL_SERVER_ERROR');
}

/** An error that belongs to no documented API. */
export function problemReply(error: AppError, requestId: string): HttpReply {
  const body = { ...problemOf(error), requestId };
  return jsonReply(ERRORS[error.code].status, body, 'application/problem+json; charset=utf-8');
}

/** An error as a problem (RFC 9457). */
export function problemOf(error: AppError): object {
  return {
    type: 'about:blank',
    title: error.message,
    status: ERRORS[error.code].status,
    code: error.code,
    ...(error.details.issues && { issues: error.details.issues }),
  };
}
