import { Prisma } from './generated/postgresql/client.ts';
import pg from 'pg';
import type { Direct, Step } from './direct.ts';
import { prepareOnce } from './prepared.ts';

const INT8 = 20;
const TIMESTAMP = 1114;

/** Times are kept in UTC without a zone; counts and sums fit a number. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [TIMESTAMP]: (text) => new Date(`${text.replace(' ', 'T')}Z`),
};

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    PARSERS[oid] ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

/** Direct statements on the pool that Prisma uses; several of them are one statement to the server. */
export function createPostgresqlDirect(pool: pg.Pool): Direct {
  const query = prepareOnce(pool);
  const run = async <T>({ text, values }: Prisma.Sql): Promise<T[]> => {
    const { rows } = await query({ text, values: values.map(toPostgresql), types });
    return rows as T[];
  };
  return {
    read: run,
    write: (...statements) => run(asOne(statements)),
  };
}

function asOne(steps: readonly Step[]): Prisma.Sql {
  const statements = steps.map((step) => {
    if (typeof step !== 'function') return step;
    throw new Error('PostgreSQL is asked once for all statements: none can depend on another');
  });
  const last = statements.at(-1) ?? Prisma.empty;
  if (statements.length === 1) return last;
  const parts = statements
    .slice(0, -1)
    .map((statement, index) => Prisma.sql`${Prisma.raw(`part${index}`)} AS (${statement})`);
  return Prisma.sql`WITH ${Prisma.join(parts)} ${last}`;
}

function toPostgresql(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
