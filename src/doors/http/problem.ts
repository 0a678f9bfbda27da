import type { ServerResponse } from 'node:http';
import type { Log } from '../../adapters/log.ts';
import { temporaryFailure } from '../../db/failures.ts';
import { AppError, ERRORS } from '../../core/errors.ts';

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

/** Writes an error that belongs to no documented API (RFC 9457). */
export function sendProblem(res: ServerResponse, error: AppError, requestId: string): void {
  sendFailure(res, error, 'application/problem+json', { ...problemOf(error), requestId });
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

/** Writes an error with the status and the headers that go with it; cuts an answer that has begun. */
export function sendFailure(
  res: ServerResponse,
  error: AppError,
  mediaType: string,
  body: object,
  status: number = ERRORS[error.code].status,
): void {
  if (res.headersSent) {
    // A close would look like the end of the answer, where its length is not given.
    if (res.socket) res.socket.resetAndDestroy();
    else res.destroy();
    return;
  }
  const { retryAfterSeconds } = error.details;
  if (retryAfterSeconds !== undefined) res.setHeader('retry-after', String(retryAfterSeconds));
  if (error.code === 'BODY_TOO_LARGE') res.setHeader('connection', 'close');
  const text = Buffer.from(JSON.stringify(body));
  res.writeHead(status, {
    'content-type': `${mediaType}; charset=utf-8`,
    'content-length': text.byteLength,
    'cache-control': 'no-store',
  });
  res.end(text);
}
