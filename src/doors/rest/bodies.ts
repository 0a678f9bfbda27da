import { type AppError, ERRORS } from '../../core/errors.ts';
import { hasTotp, type SecondFactorColumns } from '../../db/second-factor.ts';

/** RFC 3339 in UTC, to the second: 2025-01-15T10:30:00Z. */
export function rfc3339Seconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** One of our ids with a dialect's prefix. */
export function prefixedId(prefix: string, id: string): string {
  return `${prefix}_${id.replaceAll('-', '')}`;
}

/** Our id again; what never had the prefix is the id of nothing. */
export function unprefixedId(prefix: string, text: string): string {
  const digits = new RegExp(`^${prefix}_([0-9a-f]{32})$`).exec(text)?.[1] ?? '';
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** What several documents call `totp_enabled`. */
export function totpEnabled(user: SecondFactorColumns): boolean {
  return hasTotp(user);
}

/** The status the error table gives. */
export function statusOf(error: AppError): number {
  return ERRORS[error.code].status;
}

/** The operation's names of fields, with what a dialect calls them instead; empty: not at all. */
type Renamed = Readonly<Record<string, string>>;

/** One sentence for the errors whose documents have room for no more. */
export function sentenceOf(error: AppError, names: Renamed = {}): string {
  const issues = error.details.issues ?? [];
  if (issues.length === 0) return error.message;
  return issues
    .map(({ path, message }) => {
      const parts = path.map((part) => names[part] ?? String(part)).filter((part) => part !== '');
      return parts.length > 0 ? `${parts.join('.')}: ${message}` : message;
    })
    .join('; ');
}
