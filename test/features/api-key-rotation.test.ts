import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import {
  API_KEYS,
  CREATE_API_KEY,
  REVOKE_API_KEY,
  ROTATE_API_KEY,
} from '../support/api-key-documents.ts';
import { createKey, opens } from '../support/api-keys.ts';
import { createTestDatabase, postgresUrl, providers } from '../support/database.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';
import { directReads, planOf } from '../support/plan.ts';
import { listStatements } from '../support/statements.ts';

const DAY = 86_400;
const MANY = 1000;

describe.each(providers)('an API key on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({
      provider,
      env: { ACCESS_TOKEN_SECONDS: '8640000', FRESH_SECONDS: '8640000', API_KEYS_PER_USER: '1001' },
    });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const rotate = async (token: string, input: { id: string; overlapSeconds?: number }) =>
    (await app.graphql(ROTATE_API_KEY, { input }, token)).data.rotateApiKey;

  /** Gives the owner of a key that many of its kind, itself included. */
  async function fill(id: string, count: number) {
    const { prisma } = app.services.db;
    const row = await prisma.apiKey.findUniqueOrThrow({ where: { id } });
    const data = Array.from({ length: count - 1 }, (_, i) => ({
      ...row,
      id: app.services.random.uuid(),
      keyHash: `${id} ${i}`,
    }));
    await prisma.apiKey.createMany({ data });
  }

  it('is rotated: the new one has its name, permissions and length of life, the old one a while', async () => {
    const { accessToken } = await registerUser(app, 'Ann');
    const wanted = { name: 'CI', scopes: ['tenant:read'], expiresInDays: 10 };
    const old = await createKey(app, accessToken, wanted);
    app.clock.step(DAY);
    const answer = await rotate(accessToken, { id: old.apiKey.id, overlapSeconds: 3600 });
    const made = expectType(answer, 'RotateApiKeyPayload');
    const end = new Date(app.clock.now().getTime() + 10 * DAY * 1000).toISOString();
    expect(made.apiKey).toMatchObject({ name: 'CI', scopes: ['tenant:read'], expiresAt: end });

    app.clock.step(3599);
    expect([await opens(app, old.key), await opens(app, made.key)]).toEqual([true, true]);
    const list = (await app.graphql(API_KEYS, {}, accessToken)).data.apiKeys.nodes;
    expect(list).toMatchObject([
      { id: made.apiKey.id, replacedById: null },
      { id: old.apiKey.id, replacedById: made.apiKey.id },
    ]);
    app.clock.step(1);
    expect([await opens(app, old.key), await opens(app, made.key)]).toEqual([false, true]);
  });

  it('goes on a day after a rotation unless told, never longer than it would have', async () => {
    const { accessToken } = await registerUser(app, 'Ben');
    const [lasting, short] = [
      await createKey(app, accessToken),
      await createKey(app, accessToken, { expiresInDays: 1 }),
    ];
    app.clock.step(DAY / 2);
    for (const { apiKey } of [lasting, short]) await rotate(accessToken, { id: apiKey.id });
    app.clock.step(DAY / 2);
    expect([await opens(app, lasting.key), await opens(app, short.key)]).toEqual([true, false]);
    app.clock.step(DAY / 2);
    expect(await opens(app, lasting.key)).toBe(false);
  });

  it('ends at once without an overlap, and none is longer than a week', async () => {
    const { accessToken } = await registerUser(app, 'Cid');
    const { key, apiKey } = await createKey(app, accessToken);
    const input = { id: apiKey.id, overlapSeconds: 7 * DAY + 1 };
    const { errors } = await app.graphql(ROTATE_API_KEY, { input }, accessToken);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(await opens(app, key)).toBe(true);
    await rotate(accessToken, { id: apiKey.id, overlapSeconds: 0 });
    expect(await opens(app, key)).toBe(false);
  });

  it('is nobody’s to rotate but its owner’s', async () => {
    const { accessToken } = await registerUser(app, 'Dee');
    const other = await registerUser(app, 'Eve');
    const { apiKey } = await createKey(app, accessToken);
    expect(await rotate(other.accessToken, { id: apiKey.id })).toMatchObject({
      code: 'API_KEY_NOT_FOUND',
    });
  });

  it('is replaced once by a hundred rotations at once', async () => {
    const { accessToken, user } = await registerUser(app, 'Fay');
    const { apiKey } = await createKey(app, accessToken);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => rotate(accessToken, { id: apiKey.id })),
    );
    const made = answers.filter(({ __typename }) => __typename === 'RotateApiKeyPayload');
    const lost = answers.filter(({ __typename }) => __typename === 'ApiKeyReplacedError');
    expect([made.length, lost.length]).toEqual([1, 99]);
    expect(await app.services.db.prisma.apiKey.count({ where: { userId: user.id } })).toBe(2);
  });

  it('costs as many statements among a thousand as alone, by indexes', async () => {
    const { accessToken, user } = await registerUser(app, 'Guy');
    const { key, apiKey } = await createKey(app, accessToken);
    const ask = async () => {
      app.services.changes.publish({ kind: 'user', userId: user.id });
      await opens(app, key);
      await app.graphql(API_KEYS, { first: 50 }, accessToken);
      await app.rest('GET', '/api/keys', { token: accessToken });
    };
    await ask();
    const alone = await listStatements(ask);
    await fill(apiKey.id, MANY);

    expect(await listStatements(ask)).toHaveLength(alone.length);
    const all = await app.rest('GET', '/api/keys', { token: accessToken });
    expect(all.body).toHaveLength(MANY);
    await app.services.db.prisma.$executeRaw`ANALYZE "ApiKey"`;
    const reads = (await directReads(app, ask)).filter(({ sql }) => sql.includes('"ApiKey"'));
    const [found, page] = [reads[0]!, reads[1]!];
    expect(await planOf(app, found)).toMatch(/ApiKey_keyHash_key/);
    const steps = await planOf(app, page);
    expect(steps).toMatch(/ApiKey_userId_createdAt_id_idx/);
    expect(steps).not.toMatch(/Sort|TEMP B-TREE/);
  });

  it('is made once where a hundred at once want the last that there is room for', async () => {
    const { accessToken, user } = await registerUser(app, 'Hal');
    const { apiKey } = await createKey(app, accessToken);
    await fill(apiKey.id, MANY);
    const input = { name: 'one more' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => app.graphql(CREATE_API_KEY, { input }, accessToken)),
    );
    const made = answers.filter(
      ({ data }) => data.createApiKey.__typename === 'CreateApiKeyPayload',
    );
    expect(made).toHaveLength(1);
    expect(await app.services.db.prisma.apiKey.count({ where: { userId: user.id } })).toBe(
      MANY + 1,
    );
  });
});

describe('an API key and another process', () => {
  it.skipIf(postgresUrl === undefined)('is refused there once it is revoked here', async () => {
    const one = await startApp({ provider: 'postgresql' });
    const two = await startApp({ databaseUrl: one.databaseUrl });
    const { accessToken } = await setUpAdmin(one);
    const { key, apiKey } = await createKey(one, accessToken);
    await expect.poll(() => two.services.changes.hearsOthers()).toBe(true);
    expect(await opens(two, key)).toBe(true);
    await one.graphql(REVOKE_API_KEY, { input: { id: apiKey.id } }, accessToken);
    await expect.poll(() => opens(two, key), { timeout: 1000, interval: 5 }).toBe(false);
    await two.close();
    await one.close();
  });

  it.each(providers)(
    'outlives a change of SECRET_KEY once it was used under both, on %s',
    async (provider) => {
      const database = await createTestDatabase(provider);
      const [old, fresh] = [
        'the old secret key: 32 bytes or more',
        'the new secret key: 32 bytes or more',
      ];
      const start = (SECRET_KEY: string) =>
        startApp({ databaseUrl: database.url, env: { SECRET_KEY } });
      const before = await start(old);
      const { accessToken } = await setUpAdmin(before);
      const [used, unused] = [
        await createKey(before, accessToken),
        await createKey(before, accessToken),
      ];
      await before.close();
      const both = await start(`${fresh},${old}`);
      expect(await opens(both, used.key)).toBe(true);
      const { prisma } = both.services.db;
      const usedAt = () => prisma.apiKey.findUnique({ where: { id: used.apiKey.id } });
      await expect.poll(async () => (await usedAt())?.lastUsedAt).not.toBeNull();
      // What of it signs tokens is encrypted under the old key still, and no matter here.
      await prisma.signingKey.deleteMany();
      await both.close();
      const after = await start(fresh);
      expect([await opens(after, used.key), await opens(after, unused.key)]).toEqual([true, false]);
      await after.close();
      await database.drop();
    },
  );
});
