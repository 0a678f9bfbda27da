/** What stops a start: its message is one line for the operator and holds no secret. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/** How a driver adapter reports a failure, under `meta` of a Prisma error. */
interface DriverCause {
  readonly kind?: string;
  readonly originalCode?: string;
  readonly table?: string;
  readonly constraint?: { readonly fields?: readonly string[]; readonly index?: string };
}

const SQLITE_PRIMARY_KEY = '1555';

/**
 * The columns of the unique index that refused a write (`emailKey`, `tenantId_name`), `primary` for a
 * primary key, undefined for any other error. The same for queries through Prisma and in raw SQL.
 */
export function violatedUnique(error: unknown): string | undefined {
  const cause = driverCause(error);
  if (cause?.kind !== 'UniqueConstraintViolation') return undefined;
  const { fields, index } = cause.constraint ?? {};
  if (fields !== undefined) {
    return cause.originalCode === SQLITE_PRIMARY_KEY ? 'primary' : fields.join('_');
  }
  if (index === undefined) return '';
  if (index.endsWith('_pkey')) return 'primary';
  const table = cause.table === undefined ? '' : `${cause.table}_`;
  return index.slice(index.startsWith(table) ? table.length : 0).replace(/_key$/, '');
}

/** Whether a unique index refused a write: any, or the one over the columns named as above. */
export function isUniqueViolation(error: unknown, columns?: string): boolean {
  const violated = violatedUnique(error);
  return violated !== undefined && (columns === undefined || violated === columns);
}

/** Whether a row was refused because one it refers to, or is referred to by, stands in the way. */
export function isForeignKeyViolation(error: unknown): boolean {
  return driverCause(error)?.kind === 'ForeignKeyConstraintViolation';
}

/** Whether the database ended a transaction in favour of another, so that it may be tried again. */
export function isWriteConflict(error: unknown): boolean {
  return (
    driverCause(error)?.kind === 'TransactionWriteConflict' ||
    (isRecord(error) && error['code'] === 'P2034')
  );
}

/** One of the errors that an error stands for. */
interface Cause {
  readonly code: string | undefined;
  readonly name: string | undefined;
  readonly message: string;
}

const DEEPEST = 6;

/** An error and whatever it was made of, as Prisma, its adapters and the drivers wrap it. */
export function causesOf(error: unknown, depth = 0): readonly Cause[] {
  if (!isRecord(error) || depth === DEEPEST) return [];
  const { code, originalCode, kind, name, message, originalMessage, meta, cause, errors } = error;
  const texts = [message, originalMessage, kind].filter((text) => typeof text === 'string');
  const inner = [isRecord(meta) ? meta['driverAdapterError'] : undefined, cause];
  const many = Array.isArray(errors) ? (errors as readonly unknown[]) : [];
  return [
    {
      code: [originalCode, code].find((one) => typeof one === 'string'),
      name: typeof name === 'string' ? name : undefined,
      message: texts.join(' '),
    },
    ...[...inner, ...many].flatMap((one) => causesOf(one, depth + 1)),
  ];
}

function driverCause(error: unknown): DriverCause | undefined {
  if (!isRecord(error)) return undefined;
  const adapterError = isRecord(error['meta']) ? error['meta']['driverAdapterError'] : error;
  const cause = isRecord(adapterError) ? adapterError['cause'] : undefined;
  return isRecord(cause) ? cause : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
