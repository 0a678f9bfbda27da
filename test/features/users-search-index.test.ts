import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { postgresUrl } from '../support/database.ts';
import { createUser, setUpAdmin } from '../support/people.ts';
import { directReads, planOf } from '../support/plan.ts';
import { searchIndexStatements } from '../support/search-index.ts';
import { LIST_USERS } from '../support/user-documents.ts';

describe.skipIf(postgresUrl === undefined)('users over an index of trigrams', () => {
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    app = await startApp({ provider: 'postgresql' });
    token = (await setUpAdmin(app)).accessToken;
    await createUser(app, token, 'marguerite');
    const { prisma } = app.services.db;
    // Among few the planner would rather read them all.
    await prisma.$executeRaw`
      INSERT INTO "User" ("id", "username", "usernameKey", "handleKey", "createdAt", "updatedAt")
      SELECT 'u' || i, 'other' || i, 'other' || i, 'other' || i, now()::timestamp, now()::timestamp
      FROM generate_series(1, 3000) AS i`;
    for (const statement of [...searchIndexStatements(), 'ANALYZE "User"']) {
      await prisma.$executeRawUnsafe(statement);
    }
  });
  afterAll(() => app.close());

  const search = async (text: string) => {
    const { data, errors } = await app.graphql(LIST_USERS, { filter: { search: text } }, token);
    expect(errors).toEqual([]);
    return data.users.nodes.map(({ username }) => username);
  };

  it('are found by a part of three letters or more in it, list and count alike', async () => {
    const reads = await directReads(app, () => search('guer'));
    expect(reads).toHaveLength(2);
    for (const read of reads) expect(await planOf(app, read)).toContain('User_search_idx');
  });

  it.each(['GUER', 'ma', 'marguerite'])('are found as without it: %s', async (text) => {
    expect(await search(text)).toEqual(['marguerite']);
  });
});
