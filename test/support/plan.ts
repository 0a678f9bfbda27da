import type { Prisma } from '../../src/db/generated/sqlite/client.ts';
import { openSqlite } from '../../src/db/engines/sqlite/database.ts';
import type { TestApp } from './app.ts';

/** The reads past Prisma's client while `work` runs. */
export async function directReads(
  { services: { db } }: TestApp,
  work: () => Promise<unknown>,
): Promise<readonly Prisma.Sql[]> {
  const heard: Prisma.Sql[] = [];
  const { read, readList, readShared } = db;
  const listening =
    (original: typeof read): typeof read =>
    (query) => {
      heard.push(query);
      return original(query);
    };
  Object.assign(db, {
    read: listening(read),
    readList: listening(readList),
    readShared: listening(readShared),
  });
  try {
    await work();
  } finally {
    Object.assign(db, { read, readList, readShared });
  }
  return heard;
}

/** How the database would go about a statement, one line a step. */
export async function planOf(app: TestApp, query: Prisma.Sql): Promise<string> {
  const isServer = app.services.db.engine.name === 'postgresql';
  const rows = isServer ? await explainOnServer(app, query) : explainInFile(app, query);
  return rows.map((row) => Object.values(row).join(' ')).join('\n');
}

/** So few rows are sorted faster than walked; what matters is whether they can be walked. */
function explainOnServer(app: TestApp, query: Prisma.Sql): Promise<object[]> {
  return app.services.db.prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SET LOCAL enable_seqscan = off`;
    return tx.$queryRawUnsafe<object[]>(`EXPLAIN ${query.text}`, ...query.values);
  });
}

function explainInFile(app: TestApp, { sql, values }: Prisma.Sql): object[] {
  const connection = openSqlite(app.databaseUrl.replace('file:', ''));
  const bound = values.map((value) => (value instanceof Date ? value.getTime() : value));
  const rows = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(bound) as object[];
  connection.close();
  return rows;
}
