import type { Prisma } from '../../generated/postgresql/client.ts';
import pg from 'pg';
import { bytesOfTexts, createCache } from '../../../adapters/cache.ts';
import type { Stop } from '../../../adapters/stop.ts';
import type { DirectDriver } from '../../direct.ts';
import { type Row, runAtOnce, type Script } from '../../script.ts';
import type { AskServer } from './pool.ts';
import { prepareOnce } from './prepared.ts';
import { createRowsReader, nameIn } from '../row-reader.ts';
import type { WriteGate } from './write-gate.ts';

const INT8 = 20;
const TIMESTAMP = 1114;

/** Times are kept in UTC without a zone; counts and sums fit a number. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [TIMESTAMP]: (text) => new Date(`${text.replace(' ', 'T')}Z`),
};
/** What of that is still to do where JSON has been read. */
const JSON_PARSERS: Readonly<Record<number, (value: unknown) => unknown>> = {
  [TIMESTAMP]: (text) => new Date(`${String(text)}Z`),
};

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    PARSERS[oid] ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

/** How a list is asked for that has been answered once, and what makes its rows. */
interface KnownList {
  readonly text: string;
  readonly read: (cells: readonly (readonly unknown[])[]) => object[];
}

const LISTS = {
  entries: 500,
  bytes: 2 ** 23,
  bytesOf: (list: KnownList, text: string) => LIST_BYTES + bytesOfTexts(text, list.text),
} as const;
/** What the reader of a list's rows takes. */
const LIST_BYTES = 4096;

/** Direct statements on the pool that Prisma uses. */
export function createPostgresqlDirect(ask: AskServer, inTurn: WriteGate['run']): DirectDriver {
  const query = prepareOnce(ask);
  const lists = createCache<KnownList>(LISTS);
  const run = async <T>(text: string, values: readonly unknown[], signal?: Stop): Promise<T[]> => {
    const { rows } = await query({ text, values: values.map(toPostgresql), types }, signal);
    return rows as T[];
  };
  const runList = async <T>({ text, values: given }: Prisma.Sql): Promise<T[]> => {
    const values = given.map(toPostgresql);
    const known = lists.get(text);
    if (!known) {
      const { rows, fields } = await query({ text, values, types });
      lists.set(text, knownList(text, fields));
      return rows as T[];
    }
    const { rows } = await query({ text: known.text, values });
    const [{ list }] = rows as [{ list: readonly (readonly unknown[])[] }];
    return known.read(list) as T[];
  };
  return {
    read: ({ text, values }) => run(text, values),
    readList: runList,
    write: async <T>(work: Prisma.Sql | Script, signal: Stop | undefined) => {
      const write = ({ text, values }: Prisma.Sql) =>
        inTurn({ kind: text, row: rowOf(values), signal }, () => run<Row>(text, values, signal));
      return (await ('next' in work ? runAtOnce(write, work) : write(work))) as T[];
    },
  };
}

/** What tells the row that a statement changes from those of others: the first id among its values. */
function rowOf(values: readonly unknown[]): string | undefined {
  return values.find((value) => typeof value === 'string');
}

/** The answer itself says what columns there are. */
function knownList(text: string, fields: readonly pg.FieldDef[]): KnownList {
  const columns = fields.map(({ name, dataTypeID }) => ({ name, read: JSON_PARSERS[dataTypeID] }));
  const cells = columns.map((column) => `json_agg(${nameIn(column)})`).join(', ');
  return {
    // A server looks up how to write a value once a column; by rows it would for each cell.
    text: `SELECT json_build_array(${cells}) AS list FROM (${text}) AS rows`,
    read: createRowsReader(columns),
  };
}

function toPostgresql(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}
