import { type AppError, ERRORS } from '../errors.ts';

/** RFC 3339 in UTC, to the second: 2025-01-15T10:30:00Z. */
export function rfc3339Seconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** One of our ids with a dialect's prefix. */
export function prefixedId(prefix: string, id: string): string {
  return `${prefix}_${id.replaceAll('-', '')}`;
}

/** The status the error table gives. */
export function statusOf(error: AppError): number {
  return ERRORS[error.code].status;
}

/** One sentence for the errors whose documents have room for no more. */
export function sentenceOf(error: AppError): string {
  const issues = error.details.issues ?? [];
  if (issues.length === 0) return error.message;
  return issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}
