import type { ServerResponse } from 'node:http';
import type { AppError } from '../errors.ts';
import { ERRORS } from '../errors.ts';

/** Writes an error that belongs to no documented API (RFC 9457). */
export function sendProblem(res: ServerResponse, error: AppError, requestId: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status } = ERRORS[error.code];
  const { issues, retryAfterSeconds } = error.details;
  if (retryAfterSeconds !== undefined) res.setHeader('retry-after', String(retryAfterSeconds));
  if (error.code === 'BODY_TOO_LARGE') res.setHeader('connection', 'close');
  res.setHeader('cache-control', 'no-store');
  res.writeHead(status, { 'content-type': 'application/problem+json; charset=utf-8' });
  res.end(
    JSON.stringify({
      type: 'about:blank',
      title: error.message,
      status,
      code: error.code,
      ...(issues && { issues }),
      requestId,
    }),
  );
}
