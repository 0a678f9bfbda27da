import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { isForeignKeyViolation, isUniqueViolation, violatedUnique } from '../../src/db/errors.ts';
import { transaction } from '../../src/db/transaction.ts';
import { type TestDatabase, createTestDatabase, providers } from '../support/database.ts';

const now = new Date('2026-01-02T03:04:05.678Z');
const times = { createdAt: now, updatedAt: now };

describe.each(providers)('a %s database', (provider) => {
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

  it('answers', async () => {
    expect(db.engine.name).toBe(provider);
    await db.ping();
  });

  it('runs 100 interactive transactions at once, each whole', async () => {
    await db.prisma.setting.create({ data: { key: 'sum', value: '0', updatedAt: now } });
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        transaction(db, async (tx) => {
          await tx.setting.create({ data: { key: `n${i}`, value: '1', updatedAt: now } });
          await tx.$executeRaw`
            UPDATE "Setting" SET "value" = CAST(CAST("value" AS INTEGER) + 1 AS TEXT)
            WHERE "key" = ${'sum'}`;
        }),
      ),
    );
    expect(await db.prisma.setting.count({ where: { value: '1' } })).toBe(100);
    expect((await db.prisma.setting.findUniqueOrThrow({ where: { key: 'sum' } })).value).toBe(
      '100',
    );
  });

  it('undoes a transaction that throws', async () => {
    const data = { key: 'undone', value: '', updatedAt: now };
    const failing = transaction(db, async (tx) => {
      await tx.setting.create({ data });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.prisma.setting.findUnique({ where: { key: 'undone' } })).toBeNull();
  });

  it('tries a transaction again that lost a deadlock', async () => {
    const conflict = Object.assign(new Error('conflict'), { code: 'P2034' });
    let attempts = 0;
    const done = await transaction(db, async () => {
      attempts++;
      if (attempts < 3) throw conflict;
      return 'done';
    });
    expect(done).toBe('done');
    expect(attempts).toBe(3);
  });

  it('tells which unique index refused a write, through Prisma and in raw SQL', async () => {
    const user = { id: 'u1', handleKey: 'a', emailKey: 'a@b', ...times };
    await db.prisma.user.create({ data: user });
    await db.prisma.tenant.create({ data: { id: 't1', name: 'T', ...times } });
    const membership = { tenantId: 't1', userId: 'u1', role: 'OWNER', createdAt: now } as const;
    await db.prisma.tenantMembership.create({ data: membership });

    const attempts = {
      handleKey: () => db.prisma.user.create({ data: { id: 'u2', handleKey: 'a', ...times } }),
      emailKey: () =>
        transaction(
          db,
          (tx) => tx.$executeRaw`
        INSERT INTO "User" ("id", "handleKey", "emailKey", "createdAt", "updatedAt")
        VALUES ('u2', 'b', 'a@b', ${now}, ${now})`,
        ),
      primary: () => db.prisma.user.create({ data: { ...user, handleKey: 'c', emailKey: null } }),
    };
    for (const [columns, attempt] of Object.entries(attempts)) {
      expect(violatedUnique(await failureOf(attempt()))).toBe(columns);
    }
    const again = await failureOf(db.prisma.tenantMembership.create({ data: membership }));
    expect(isUniqueViolation(again)).toBe(true);
    expect(isUniqueViolation(again, 'primary')).toBe(true);
    expect(isUniqueViolation(again, 'handleKey')).toBe(false);
    expect(isUniqueViolation(new Error('other'))).toBe(false);
  });

  it('tells a missing reference from other failures', async () => {
    const membership = { tenantId: 'none', userId: 'none', role: 'OWNER', createdAt: now } as const;
    const failure = await failureOf(db.prisma.tenantMembership.create({ data: membership }));
    expect(isForeignKeyViolation(failure)).toBe(true);
    expect(isUniqueViolation(failure)).toBe(false);
  });
});

describe('a sqlite connection', () => {
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await createTestDatabase('sqlite');
    db = await connect({ databaseUrl: test.url });
  });

  afterAll(async () => {
    await db.close();
    await test.drop();
  });

  const expected = { journal_mode: 'wal', foreign_keys: 1, synchronous: 2, timeout: 20 };

  it('keeps its settings inside, after and beside transactions', async () => {
    expect(await pragmas(db)).toEqual(expected);
    expect(await db.prisma.$transaction((tx) => pragmas({ ...db, prisma: tx as never }))).toEqual(
      expected,
    );
    expect(await pragmas(db)).toEqual(expected);
    await Promise.all(
      Array.from({ length: 50 }, () => transaction(db, (tx) => tx.setting.count())),
    );
    expect(await pragmas(db)).toEqual(expected);
    await failureOf(transaction(db, () => Promise.reject(new Error('no'))));
    expect(await pragmas(db)).toEqual(expected);
  });

  it('leaves no file open behind a transaction', async () => {
    await transaction(db, (tx) => tx.setting.count());
    const before = openFiles();
    for (let i = 0; i < 50; i++) await transaction(db, (tx) => tx.setting.count());
    expect(openFiles()).toBe(before);
  });

  it('goes on after a transaction that took too long', async () => {
    const slow = db.prisma.$transaction(
      async (tx) => {
        await tx.setting.create({ data: { key: 'slow', value: '', updatedAt: now } });
        await new Promise((resolve) => setTimeout(resolve, 100));
        await tx.setting.create({ data: { key: 'late', value: '', updatedAt: now } });
      },
      { timeout: 50 },
    );
    await expect(slow).rejects.toMatchObject({ code: 'P2028' });
    expect(await db.prisma.setting.count()).toBe(0);
    await transaction(db, (tx) => tx.setting.count());
  });
});

async function pragmas(db: Database): Promise<object> {
  const rows = [
    await db.prisma.$queryRaw<object[]>`PRAGMA journal_mode`,
    await db.prisma.$queryRaw<object[]>`PRAGMA foreign_keys`,
    await db.prisma.$queryRaw<object[]>`PRAGMA synchronous`,
    await db.prisma.$queryRaw<object[]>`PRAGMA busy_timeout`,
  ];
  return Object.assign({}, ...rows.map(([row]) => row)) as object;
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

async function failureOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
}
