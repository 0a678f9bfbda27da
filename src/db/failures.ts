import { AppError } from '../core/errors.ts';
import { causesOf } from './errors.ts';

/** SQLSTATE of PostgreSQL (appendix A of its manual), and what SQLite calls the same. */
const LOCKED = new Set(['55P03', 'SQLITE_BUSY']);
/** Too slow, too many connections, shutting down, starting up; P2028 is Prisma's for a transaction out of time. */
const BUSY = new Set([...LOCKED, '57014', '25P03', '53300', '57P01', '57P02', '57P03', 'P2028']);
/** Of a connection that was not made: nothing has been asked. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** Of a connection that broke: what was asked may have been done. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** A full disk, a standby: nothing was written, and somebody is about to mend it. */
const TAKES_NO_WRITES = new Set(['53100', '25006', 'SQLITE_FULL', 'SQLITE_READONLY']);
const DAMAGED = new Set(['58030', 'XX001', 'XX002']);
const DAMAGED_FILE = /^SQLITE_(?:IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB)/;

/** What the drivers say without a code. */
const NOT_CONNECTED = [
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
  'timeout expired',
  'the database system is',
];
const CONNECTION_BROKE = [
  'Connection terminated',
  'not queryable',
  'ConnectionClosed',
  'SocketTimeout',
];

/** Whether a place was taken for nothing: by a lock, or by a connection that did not answer. */
export function isStuck(error: unknown): boolean {
  return causesOf(error).some(
    ({ code, name }) => LOCKED.has(code ?? '') || code === '57014' || name === 'ConnectionLost',
  );
}

/** Whether a code of a database says that it takes no writes: a full disk, a standby, damage. */
export function meansNoWrites(code: string | undefined): boolean {
  if (code === undefined) return false;
  return TAKES_NO_WRITES.has(code) || DAMAGED.has(code) || DAMAGED_FILE.test(code);
}

/**
 * What to tell a client of a failure that another try may not meet: OVERLOADED where nothing was done,
 * TIMED_OUT where that is not known. Undefined for any other error.
 */
export function temporaryFailure(error: unknown): AppError | undefined {
  for (const { code = '', name, message } of causesOf(error)) {
    const says = (texts: readonly string[]) => texts.some((text) => message.includes(text));
    if (
      name === 'WriteGateFull' ||
      BUSY.has(code) ||
      TAKES_NO_WRITES.has(code) ||
      UNREACHABLE.has(code) ||
      says(NOT_CONNECTED)
    ) {
      return new AppError('OVERLOADED', { retryAfterSeconds: 1 });
    }
    if (name === 'ConnectionLost' || BROKEN.has(code) || says(CONNECTION_BROKE)) {
      return new AppError('TIMED_OUT');
    }
  }
  return undefined;
}
