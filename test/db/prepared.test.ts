import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareOnce } from '../../src/db/engines/postgresql/prepared.ts';
import { createEmptyDatabase, postgresUrl, type TestDatabase } from '../support/database.ts';

describe.skipIf(postgresUrl === undefined)('statements prepared on PostgreSQL', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    test = await createEmptyDatabase('postgresql');
    pool = new pg.Pool({ connectionString: test.url, max: 1 });
    await pool.query('CREATE TABLE "Thing" ("name" text)');
  });
  afterAll(async () => {
    await pool.end();
    await test.drop();
  });

  const ask = (query: pg.QueryConfig<unknown[]>) => pool.query(query);
  const prepared = async () => {
    const { rows } = await pool.query<{ statement: string }>(
      'SELECT "statement" FROM pg_prepared_statements',
    );
    return rows.map(({ statement }) => statement);
  };

  it('are parsed once however often they run', async () => {
    const query = prepareOnce(ask);
    for (const value of ['a', 'b', 'c']) {
      const { rows } = await query({ text: 'SELECT $1 AS "value"', values: [value] });
      expect(rows).toEqual([{ value }]);
    }
    expect(await prepared()).toEqual(['SELECT $1 AS "value"']);
  });

  it('run unprepared where another connection turns up that knows nothing of them', async () => {
    const query = prepareOnce(ask);
    const insert = { text: 'INSERT INTO "Thing" VALUES ($1) RETURNING "name"' };
    const run = (value: string) => query({ ...insert, values: [value] });
    await run('1');
    await pool.query('DEALLOCATE ALL');
    expect((await run('2')).rows).toEqual([{ name: '2' }]);
    expect((await run('3')).rows).toEqual([{ name: '3' }]);
    expect(await prepared()).toEqual([]);
    const { rows } = await pool.query('SELECT count(*)::int AS "count" FROM "Thing"');
    expect(rows).toEqual([{ count: 3 }]);
  });

  it('fail as before for what is wrong with them, once', async () => {
    const query = prepareOnce(ask);
    const divide = { text: 'SELECT 1 / $1::int AS "share"', values: [0] };
    await expect(query(divide)).rejects.toThrow('division by zero');
    expect((await query({ ...divide, values: [1] })).rows).toEqual([{ share: 1 }]);
  });

  it('go on when a newer version adds a column to what they read', async () => {
    const query = prepareOnce(ask);
    const read = { text: 'SELECT * FROM "Thing" ORDER BY "name" LIMIT $1', values: [1] };
    expect((await query(read)).rows).toEqual([{ name: '1' }]);
    await pool.query('ALTER TABLE "Thing" ADD COLUMN "later" text');
    expect((await query(read)).rows).toEqual([{ name: '1', later: null }]);
  });
});
