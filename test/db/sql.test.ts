import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { connect } from '../../src/db/client.ts';
import { Prisma } from '../../src/db/generated/sqlite/client.ts';
import { readBoolean, readDate, readNumber } from '../../src/db/sql.ts';
import { type TestDatabase, createTestDatabase, providers } from '../support/database.ts';

const early = new Date('2026-01-02T03:04:05.678Z');
const late = new Date('2026-01-02T03:04:05.679Z');
const whole = new Date('2026-01-02T03:04:05.000Z');

describe.each(providers)('raw SQL on %s', (provider) => {
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await createTestDatabase(provider);
    if (provider === 'postgresql') await farFromUtc(test.url);
    db = await connect({ databaseUrl: test.url });
    const row = { disabled: true, updatedAt: whole };
    await db.prisma.user.create({ data: { id: 'a', handleKey: 'a', createdAt: early, ...row } });
    await db.prisma.user.create({ data: { id: 'b', handleKey: 'b', createdAt: late, ...row } });
  });

  afterAll(async () => {
    await db.close();
    await test.drop();
  });

  it('compares times with a bound Date to the millisecond', async () => {
    const ids = async (where: Prisma.Sql) => {
      const rows = await db.prisma.$queryRaw<{ id: string }[]>`
        SELECT "id" FROM "User" WHERE ${where} ORDER BY "createdAt"`;
      return rows.map(({ id }) => id);
    };
    expect(await ids(Prisma.sql`"createdAt" < ${late}`)).toEqual(['a']);
    expect(await ids(Prisma.sql`"createdAt" > ${early}`)).toEqual(['b']);
    expect(await ids(Prisma.sql`"createdAt" = ${early}`)).toEqual(['a']);
    expect(await ids(Prisma.sql`"updatedAt" <= ${whole}`)).toEqual(['a', 'b']);
    expect(await ids(Prisma.sql`("createdAt", "id") > (${early}, ${'a'})`)).toEqual(['b']);
  });

  it('answers columns as their own types, from SELECT and from RETURNING', async () => {
    const selected = await db.prisma.$queryRaw`
      SELECT "createdAt", "lastLoginAt", "disabled", "systemRole" FROM "User" WHERE "id" = ${'a'}`;
    expect(selected).toEqual([
      { createdAt: early, lastLoginAt: null, disabled: true, systemRole: 'USER' },
    ]);
    const returned = await db.prisma.$queryRaw`
      UPDATE "User" SET "lastLoginAt" = ${late}, "disabled" = ${false}
      WHERE "id" = ${'b'} AND "createdAt" <= ${late}
      RETURNING "createdAt", "lastLoginAt", "disabled", "mustChangePassword"`;
    expect(returned).toEqual([
      { createdAt: late, lastLoginAt: late, disabled: false, mustChangePassword: false },
    ]);
    const stored = await db.prisma.user.findUniqueOrThrow({ where: { id: 'b' } });
    expect(stored).toMatchObject({ lastLoginAt: late, disabled: false });
  });

  it('answers computed values that the readers make alike', async () => {
    interface Row {
      readonly time: Date | number;
      readonly bare: number | string;
      readonly older: boolean | number;
      readonly total: number | bigint;
    }
    const [row] = await db.prisma.$queryRaw<Row[]>`
      SELECT coalesce("emailVerifiedAt", "createdAt") AS time, ${early} AS bare,
        "createdAt" < ${late} AS older, count(*) OVER () AS total
      FROM "User" ORDER BY "id"`;
    if (row === undefined) throw new Error('no row');
    expect(readDate(row.time)).toEqual(early);
    expect(readDate(row.bare)).toEqual(early);
    expect(readBoolean(row.older)).toBe(true);
    expect(readNumber(row.total)).toBe(2);
    expect(readDate(null)).toBeNull();
  });

  it('takes an enum as a plain string', async () => {
    const set = await db.prisma.$executeRaw`
      UPDATE "User" SET "systemRole" = CASE WHEN "id" = ${'a'} THEN ${'ADMIN'} ELSE "systemRole" END`;
    expect(set).toBe(2);
    const admins = await db.prisma.$queryRaw`
      SELECT "id" FROM "User" WHERE "systemRole" IN (${Prisma.join(['ADMIN'])})`;
    expect(admins).toEqual([{ id: 'a' }]);
  });

  it('reuses a statement after it failed', async () => {
    const insert = (id: string, handle: string) => db.prisma.$queryRaw`
      INSERT INTO "User" ("id", "handleKey", "createdAt", "updatedAt")
      VALUES (${id}, ${handle}, ${early}, ${early}) RETURNING "id"`;
    await expect(insert('c', 'a')).rejects.toThrow();
    expect(await insert('c', 'c')).toEqual([{ id: 'c' }]);
  });
});

/** Stored times must not depend on the time zone that a session happens to have. */
async function farFromUtc(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const name = new URL(url).pathname.slice(1);
  await client.query(`ALTER DATABASE "${name}" SET timezone = 'Asia/Kolkata'`);
  await client.end();
}
