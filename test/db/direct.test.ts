import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { Prisma } from '../../src/db/generated/sqlite/client.ts';
import type { Script } from '../../src/db/script.ts';
import { insertInto } from '../../src/db/sql.ts';
import { transaction } from '../../src/db/transaction.ts';
import { type TestDatabase, createTestDatabase, providers } from '../support/database.ts';

const now = new Date('2026-01-02T03:04:05.678Z');

function* inOrder(one: Prisma.Sql, other: Prisma.Sql): Script {
  yield one;
  return yield other;
}

describe.each(providers)('direct statements on %s', (provider) => {
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await createTestDatabase(provider);
    db = await connect({ databaseUrl: test.url });
  });

  afterAll(async () => {
    await db.close();
    await test.drop();
  });

  const setting = (key: string, value = '') =>
    insertInto('Setting', { key, value, updatedAt: now });
  /** Two statements as one write: parts of a WITH where those may write, else a script. */
  const together = (one: Prisma.Sql, other: Prisma.Sql) =>
    db.write(
      db.engine.writesInWith ? Prisma.sql`WITH one AS (${one}) ${other}` : inOrder(one, other),
    );
  const keys = async (like: string) => {
    const rows = await db.prisma.setting.findMany({ where: { key: { startsWith: like } } });
    return rows.map(({ key }) => key).sort();
  };

  it('answer columns as their own types and counts as numbers, from SELECT and RETURNING', async () => {
    const times = { createdAt: now, updatedAt: now };
    const data = { id: 'a', handleKey: 'a', disabled: true, ...times };
    const stored = await db.prisma.user.create({ data });
    expect(await db.read(Prisma.sql`SELECT * FROM "User" WHERE "createdAt" = ${now}`)).toEqual([
      stored,
    ]);
    expect(await db.read(Prisma.sql`SELECT count(*) AS "count" FROM "User"`)).toEqual([
      { count: 1 },
    ]);
    const updated = await db.write(Prisma.sql`
      UPDATE "User" SET "lastLoginAt" = ${now}, "disabled" = ${false} WHERE "id" = ${'a'}
      RETURNING "lastLoginAt", "disabled", "email"`);
    expect(updated).toEqual([{ lastLoginAt: now, disabled: false, email: null }]);
  });

  it('answer a list as they answer its rows, in its order and in any script', async () => {
    const names = ['ö', "o'", 'a"b\\', '\u2028\n\t', '日本', '𝒳', '', 'null', '[1]', '{"a":1}'];
    const rows = names.map((name, i) => ({
      id: `list ${i}`,
      handleKey: `list ${9 - i}`,
      name,
      disabled: i % 2 === 0,
      lastLoginAt: i % 3 === 0 ? null : new Date(now.getTime() - i),
      createdAt: now,
      updatedAt: now,
    }));
    await db.prisma.user.createMany({ data: rows });
    for (const way of [Prisma.sql`ASC`, Prisma.sql`DESC`]) {
      const list = Prisma.sql`
        SELECT *, length("name") AS "a ""quoted"" name" FROM "User"
        WHERE "handleKey" LIKE ${'list %'} ORDER BY "handleKey" ${way}`;
      const read = await db.read<{ name: string }>(list);
      expect(read.map(({ name }) => name).sort()).toEqual([...names].sort());
      // The first answer of a kind tells what columns there are.
      for (let i = 0; i < 3; i++) expect(await db.readList(list)).toEqual(read);
    }
    const none = Prisma.sql`SELECT "id" FROM "User" WHERE "id" = ${'nobody'} ORDER BY "id"`;
    for (let i = 0; i < 3; i++) expect(await db.readList(none)).toEqual([]);
  });

  it('count, shared by all who ask at once, what each of them has just written', async () => {
    let written = 0;
    const writeAndCount = async (key: string) => {
      await db.write(setting(key));
      written += 1;
      const atLeast = written;
      const [row] = await db.readShared<{ count: number }>(Prisma.sql`
        SELECT count(DISTINCT s."key") AS "count" FROM "Setting" AS s, "Setting" AS o, (SELECT 1 FROM "Setting" LIMIT 20) AS p
        WHERE s."key" LIKE ${'shared %'}`);
      expect(row?.count).toBeGreaterThanOrEqual(atLeast);
    };
    // One after the other in each, so that some write while others count, which takes a while.
    const inTurn = async (worker: number) => {
      for (let i = 0; i < 20; i++) await writeAndCount(`shared ${worker} ${i}`);
    };
    await Promise.all([0, 1, 2, 3, 4].map(inTurn));
    expect(written).toBe(100);
  });

  it('happen together or not at all', async () => {
    await together(setting('both 1'), setting('both 2'));
    await expect(together(setting('none 1'), setting('both 1'))).rejects.toThrow();
    expect(await keys('both')).toEqual(['both 1', 'both 2']);
    expect(await keys('none')).toEqual([]);
  });

  it('make a statement of a script out of the rows of the one before, where a transaction costs no round trip', async () => {
    function* copy(): Script {
      const [row] = yield Prisma.sql`SELECT "key" FROM "Setting" WHERE "key" = 'both 1'`;
      return yield setting(`copy of ${String(row?.['key'])}`);
    }
    if (db.engine.writesInWith) await expect(db.write(copy())).rejects.toThrow('one statement');
    else await db.write(copy());
    expect(await keys('copy')).toEqual(db.engine.writesInWith ? [] : ['copy of both 1']);
  });

  it('let one of a hundred at once win, and spare those beside one that fails', async () => {
    await db.write(setting('race', 'free'));
    const take = () =>
      db.write(Prisma.sql`
        UPDATE "Setting" SET "value" = 'taken' WHERE "key" = 'race' AND "value" = 'free'
        RETURNING "key"`);
    const fail = () =>
      together(setting('beside', ''), setting('race')).then(
        () => [],
        () => [],
      );
    const writes = Array.from({ length: 100 }, (_, i) => [
      take(),
      fail(),
      db.write(setting(`n${i}`)),
    ]);
    const answers = await Promise.all(writes.flat());
    expect(answers.flat()).toEqual([{ key: 'race' }]);
    expect(await keys('n')).toHaveLength(100);
    expect(await keys('beside')).toEqual([]);
  });

  it('stay out of a transaction that is open beside them', async () => {
    let written: Promise<unknown> | undefined;
    let read: Promise<unknown[]> | undefined;
    const undone = transaction(db, async (tx) => {
      await tx.setting.create({ data: { key: 'undone', value: '', updatedAt: now } });
      read = db.read(Prisma.sql`SELECT "key" FROM "Setting" WHERE "key" = 'undone'`);
      written = db.write(setting('kept'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await read).toEqual([]);
    await written;
    expect(await keys('kept')).toEqual(['kept']);
    expect(await keys('undone')).toEqual([]);
  });

  it('can be read by others once they are answered', async () => {
    const other = await connect({ databaseUrl: test.url });
    try {
      await db.write(setting('seen'));
      expect(
        await other.read(Prisma.sql`SELECT "key" FROM "Setting" WHERE "key" = 'seen'`),
      ).toEqual([{ key: 'seen' }]);
    } finally {
      await other.close();
    }
  });
});
