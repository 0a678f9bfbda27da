import type { PrismaLibSql } from '@prisma/adapter-libsql';
import {
  adapterOver,
  createClient,
  openSqlite,
  type Query,
} from '../src/db/engines/sqlite/database.ts';

/** Reads how a partial index was made, with a literal in double quotes, which libsql takes for a column. */
const INDEX_SQL = /^(SELECT sql FROM sqlite_master WHERE type = 'index' AND name = )"(\w+)";$/;

/** The SQLite adapter as the schema engine needs it: it replays a history as if it were one statement. */
export function sqliteSchemaAdapter(file: string): PrismaLibSql {
  const factory = adapterOver(({ url }) => {
    const client = createClient(openSqlite(url === ':memory:' ? url : file));
    const run = client.execute.bind(client) as unknown as (query: Query) => Promise<object>;
    const execute = (query: Query) =>
      run({ ...query, sql: query.sql.replace(INDEX_SQL, "$1'$2'") });
    return Object.assign(client, { execute });
  });
  const connectToShadowDb = factory.connectToShadowDb.bind(factory);
  factory.connectToShadowDb = async () => {
    const adapter = await connectToShadowDb();
    adapter.executeRaw = async ({ sql }) => {
      await adapter.executeScript(sql);
      return 0;
    };
    return adapter;
  };
  return factory;
}
