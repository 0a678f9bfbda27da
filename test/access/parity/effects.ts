import { openSqlite } from '../../../src/db/engines/sqlite/database.ts';

type Row = Readonly<Record<string, unknown>>;

interface Table {
  readonly name: string;
  readonly key: readonly string[];
}

interface Rows {
  readonly rows: readonly Row[];
  readonly text: string;
}

/** Everything that a database holds, by table. */
export type Stock = ReadonlyMap<string, Rows>;

/** Looks into the SQLite database of an app from beside it, and puts it back as it was. */
export function watchDatabase(url: string) {
  const connection = openSqlite(url.slice('file:'.length));
  connection.exec('PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF');
  const all = (sql: string) => connection.prepare(sql).all() as readonly Row[];
  const tables = all(`SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '[A-Z]*'`)
    .map(({ name }) => String(name))
    .map((name): Table => {
      const columns = all(`PRAGMA table_info("${name}")`);
      return { name, key: columns.filter(({ pk }) => pk).map((column) => String(column['name'])) };
    });
  const readers = tables.map(
    ({ name }) => [name, connection.prepare(`SELECT * FROM "${name}"`)] as const,
  );
  const version = connection.prepare('PRAGMA data_version').raw(true);
  let known: { readonly stock: Stock; readonly version: unknown } | undefined;

  const versionNow = () => (version.all() as readonly (readonly unknown[])[])[0]![0];
  const read = (): Stock => {
    const now = versionNow();
    if (known && known.version === now) return known.stock;
    const stock = new Map(
      readers.map(([name, reader]) => {
        const rows = reader.all() as readonly Row[];
        return [name, { rows, text: JSON.stringify(rows) }];
      }),
    );
    known = { stock, version: now };
    return stock;
  };

  const writers = new Map(
    tables.map(({ name, key }) => {
      const columns = all(`PRAGMA table_info("${name}")`).map((column) => String(column['name']));
      const names = columns.map((column) => `"${column}"`).join(', ');
      const places = columns.map(() => '?').join(', ');
      const which = key.map((column) => `"${column}" = ?`).join(' AND ');
      const insert = connection.prepare(`INSERT INTO "${name}" (${names}) VALUES (${places})`);
      return [name, { insert, remove: connection.prepare(`DELETE FROM "${name}" WHERE ${which}`) }];
    }),
  );
  const putBack = (stock: Stock): boolean => {
    const now = read();
    const changed = tables.filter(({ name }) => now.get(name)!.text !== stock.get(name)!.text);
    if (changed.length === 0) return false;
    connection.exec('BEGIN IMMEDIATE');
    // All that is new goes first: what it took the place of may have the same name.
    const lost = changed.flatMap((table) => {
      const { insert, remove } = writers.get(table.name)!;
      const { missing, added } = differences(table, stock.get(table.name)!, now.get(table.name)!);
      for (const row of added) remove.run(table.key.map((column) => row[column]));
      return missing.map((row) => () => insert.run(Object.values(row)));
    });
    for (const insert of lost) insert();
    connection.exec('COMMIT');
    known = { stock, version: versionNow() };
    return true;
  };

  return {
    read,
    putBack,
    effects: effectsOf(tables),
    ids: idsOfAnswer,
    close: () => connection.close(),
  };
}

const keyOver = (key: readonly string[]) => (row: Row) =>
  JSON.stringify(key.map((column) => row[column]));

/** The rows that one has and the other has not, or has otherwise. */
function differences({ key }: Table, before: Rows, after: Rows) {
  const keyOf = keyOver(key);
  const old = new Map(before.rows.map((row) => [keyOf(row), row]));
  const added = after.rows.filter((row) => {
    const was = old.get(keyOf(row));
    const isSame = was !== undefined && JSON.stringify(was) === JSON.stringify(row);
    if (isSame) old.delete(keyOf(row));
    return !isSame;
  });
  return { missing: [...old.values()], added };
}

/** Random, or a measure of something random. */
const RANDOM = /hash|secret|token|body|hint|messageId|requestId|sequence|jwk/i;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** The head of the audit log says nothing that its events do not. */
const FOLLOWS = new Set(['AuditHead']);
/** Written down once a minute, whoever asks how often. */
const SELDOM = '"action":"access.denied"';

/**
 * Names ids as they can be compared between tries: one that was not there before is new, and those of
 * `own` stand for each other, such as somebody's session at one door and at another.
 */
function namerOf(before: Stock, own: ReadonlySet<string>): (id: string) => string {
  const known = idsOf.get(before) ?? idsIn([...before.values()]);
  idsOf.set(before, known);
  return (id) => (own.has(id) ? 'own' : known.has(id) ? id : 'new');
}

const idsOf = new WeakMap<Stock, ReadonlySet<string>>();
const idsIn = (some: readonly Rows[]) =>
  new Set(some.flatMap(({ text }) => text.match(UUID) ?? []));

/** The ids that an answer has. */
function idsOfAnswer(before: Stock, answer: unknown, own: ReadonlySet<string>): readonly string[] {
  const found = (JSON.stringify(answer) ?? '').match(UUID) ?? [];
  return found.length === 0 ? [] : found.map(namerOf(before, own));
}

/** What has changed, one line a row. */
function effectsOf(tables: readonly Table[]) {
  return (before: Stock, after: Stock, own: ReadonlySet<string>): readonly string[] => {
    if (before === after) return [];
    const changed = tables.filter(
      ({ name }) => !FOLLOWS.has(name) && before.get(name)!.text !== after.get(name)!.text,
    );
    return changed
      .flatMap((table) => linesOf(table, before.get(table.name)!, after.get(table.name)!))
      .filter((line) => !line.includes(SELDOM))
      .map((line) => line.replaceAll(UUID, namerOf(before, own)))
      .sort();
  };
}

function linesOf(table: Table, before: Rows, after: Rows): string[] {
  const { name } = table;
  const keyOf = keyOver(table.key);
  const { missing, added } = differences(table, before, after);
  const old = new Map(missing.map((row) => [keyOf(row), row]));
  const lines = added.map((row) => {
    const was = old.get(keyOf(row));
    old.delete(keyOf(row));
    if (!was) return `${name} + ${shown(row)}`;
    const changed = Object.keys(row).filter((column) => row[column] !== was[column]);
    return `${name} ${keyOf(row)} ${shown(row, changed)}`;
  });
  return [...lines, ...[...old.keys()].map((which) => `${name} - ${which}`)];
}

function shown(row: Row, columns = Object.keys(row)): string {
  return JSON.stringify(
    Object.fromEntries(columns.map((name) => [name, RANDOM.test(name) ? '*' : row[name]])),
  );
}
