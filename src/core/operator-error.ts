import { SecretKeyError } from '../adapters/secret-box.ts';
import { ConfigError } from '../config/config.ts';
import { DatabaseError } from '../db/errors.ts';

/** What an operator can mend; its message is all that they need. */
export class OperatorError extends Error {}

/** The reason of a failure, for an operator: one line each, no stack for what is theirs to mend. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isTheirs = [ConfigError, OperatorError, DatabaseError, SecretKeyError].some(
    (type) => error instanceof type,
  );
  // A system call that failed names itself and its file or address.
  return isTheirs || 'syscall' in error ? error.message : (error.stack ?? error.message);
}
