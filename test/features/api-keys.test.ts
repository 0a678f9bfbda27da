import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { API_KEYS, CREATE_API_KEY, REVOKE_API_KEY } from '../support/api-key-documents.ts';
import { createKey, opens } from '../support/api-keys.ts';
import { providers } from '../support/database.ts';
import { ME } from '../support/documents.ts';
import { readOutbox } from '../support/outbox.ts';
import { createUser, markProven, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { UPDATE_USER } from '../support/user-documents.ts';

const DAY = 86_400;

describe.each(providers)('API keys on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({
      provider,
      env: { ACCESS_TOKEN_SECONDS: '8640000', FRESH_SECONDS: '8640000' },
    });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const listOf = async (token: string, userId?: string) =>
    (await app.graphql(API_KEYS, userId === undefined ? {} : { userId }, token)).data.apiKeys;
  const rowOf = (id: string) => app.services.db.prisma.apiKey.findUniqueOrThrow({ where: { id } });
  const revoke = async (token: string, id: string) =>
    (await app.graphql(REVOKE_API_KEY, { input: { id } }, token)).data.revokeApiKey;

  it('are shown once, with a checksum that needs nobody, and kept as a keyed hash', async () => {
    const { accessToken, user } = await registerUser(app, 'Ann');
    const { key, apiKey } = await createKey(app, accessToken, { name: ' CI pipeline ' });
    expect(key).toMatch(/^qzr_[0-9A-Za-z]{36}$/);
    expect(apiKey).toEqual({
      id: expect.any(String) as string,
      userId: user.id,
      name: 'CI pipeline',
      hint: `qzr_…${key.slice(-4)}`,
      scopes: null,
      createdAt: '2026-01-31T09:30:00.000Z',
      expiresAt: null,
      lastUsedAt: null,
      replacedById: null,
    });
    const row = JSON.stringify([await rowOf(apiKey.id), await listOf(accessToken)]);
    expect(row).not.toContain(key.slice(4, -4));
    expect((await rowOf(apiKey.id)).keyHash).toMatch(/^[\w-]{8}\.[\w-]{43}$/);
    expect(await opens(app, key)).toBe(true);
    expect((await app.graphql(ME, {}, key)).data.me.id).toBe(user.id);
  });

  it('with a wrong checksum, or in another form, are refused without asking the database', async () => {
    const { accessToken } = await registerUser(app, 'Ben');
    const { key } = await createKey(app, accessToken);
    const wrong = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    const { keyLiveness } = app.services;
    const asked: unknown[] = [];
    const { find } = keyLiveness;
    Object.assign(keyLiveness, {
      find: (hashes: never) => {
        asked.push(hashes);
        return find(hashes);
      },
    });
    for (const text of [wrong, `${key}0`, key.slice(0, -1), 'qzr_', key.replace('qzr_', 'qzr_0')]) {
      const { status, headers } = await app.rest('GET', '/api/auth/me', { token: text });
      expect(status, text).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
    expect(asked).toEqual([]);
    await opens(app, key);
    expect(asked.length).toBeGreaterThan(0);
    Object.assign(keyLiveness, { find });
  });

  it('run out to the second, after exactly as many days as were asked for', async () => {
    const { accessToken } = await registerUser(app, 'Cid');
    const { key, apiKey } = await createKey(app, accessToken, { expiresInDays: 2 });
    const made = new Date(apiKey.createdAt).getTime();
    expect(new Date(apiKey.expiresAt!).getTime() - made).toBe(2 * DAY * 1000);
    app.clock.step(2 * DAY - 1);
    expect(await opens(app, key)).toBe(true);
    app.clock.step(1);
    expect(await opens(app, key)).toBe(false);
    expect((await listOf(accessToken)).nodes).toEqual([]);
    expect(await revoke(accessToken, apiKey.id)).toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  });

  it.each([
    ['no name', { name: ' ' }],
    ['a name of two lines', { name: 'a\nb' }],
    ['no days', { name: 'CI', expiresInDays: 0 }],
    ['too many days', { name: 'CI', expiresInDays: 3651 }],
    ['no permission', { name: 'CI', scopes: [] }],
    ['a permission that is none', { name: 'CI', scopes: ['users:everything'] }],
    ['one that no key has', { name: 'CI', scopes: ['users:assign-role'] }],
  ])('are not made with %s', async (_what, input) => {
    const { errors } = await app.graphql(CREATE_API_KEY, { input }, admin);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('are refused on the next request once they are revoked, at both doors', async () => {
    const { accessToken } = await registerUser(app, 'Dee');
    const { key, apiKey } = await createKey(app, accessToken);
    const { key: other } = await createKey(app, accessToken);
    expect(await opens(app, key)).toBe(true);
    const payload = { __typename: 'RevokeApiKeyPayload', apiKeyId: apiKey.id };
    expect(await revoke(accessToken, apiKey.id)).toEqual(payload);
    expect(await opens(app, key)).toBe(false);
    expect(await opens(app, other)).toBe(true);
    expect((await listOf(accessToken)).nodes).toHaveLength(1);
    expect(await revoke(accessToken, apiKey.id)).toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  });

  it('are refused on the next request while their owner is disabled, and gone with them', async () => {
    const { accessToken, user } = await registerUser(app, 'Eve');
    const { key } = await createKey(app, accessToken);
    const disable = (disabled: boolean) =>
      app.graphql(UPDATE_USER, { input: { id: user.id, disabled } }, admin);
    expect(await opens(app, key)).toBe(true);
    await disable(true);
    expect(await opens(app, key)).toBe(false);
    await disable(false);
    expect(await opens(app, key)).toBe(true);
    await app.services.db.prisma.user.delete({ where: { id: user.id } });
    app.services.changes.publish({ kind: 'user', userId: user.id });
    expect(await opens(app, key)).toBe(false);
    expect(await app.services.db.prisma.apiKey.count({ where: { userId: user.id } })).toBe(0);
  });

  it('are nodes for their owner and for system administrators alone', async () => {
    const [owner, other] = [await registerUser(app, 'Kim'), await registerUser(app, 'Leo')];
    const { apiKey } = await createKey(app, owner.accessToken, { name: 'a node' });
    const ask = async (token: string) => {
      const query = `{ node(id: "${apiKey.id}") { __typename id ... on ApiKey { name } } }`;
      return (await app.rest('POST', '/graphql', { body: { query }, token })).body;
    };
    const node = { __typename: 'ApiKey', id: apiKey.id, name: 'a node' };
    expect(await ask(owner.accessToken)).toEqual({ data: { node } });
    expect(await ask(admin)).toEqual({ data: { node } });
    expect(await ask(other.accessToken)).toEqual({ data: { node: null } });
  });

  it('note their use to the minute', async () => {
    const { accessToken } = await registerUser(app, 'Fay');
    const { key, apiKey } = await createKey(app, accessToken);
    const usedAt = async () => (await rowOf(apiKey.id)).lastUsedAt?.getTime() ?? 0;
    const first = app.clock.now().getTime();
    await opens(app, key);
    await expect.poll(usedAt).toBe(first);
    app.clock.step(59);
    await opens(app, key);
    app.clock.step(1);
    await opens(app, key);
    await expect.poll(usedAt).toBe(first + 60_000);
  });

  it('of others are seen and revoked by a system administrator, who tells them, by nobody else', async () => {
    const { accessToken } = await registerUser(app, 'Guy');
    const made = await createUser(app, admin, 'Hal', { email: 'hal@example.com' });
    await markProven(app, 'hal@example.com');
    const hal = (await signIn(app, 'Hal')).accessToken;
    const { key, apiKey } = await createKey(app, hal, { name: 'of Hal' });
    app.clock.step(1);

    const { errors } = await app.graphql(API_KEYS, { userId: made.id }, accessToken);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(await revoke(accessToken, apiKey.id)).toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    expect((await listOf(admin, made.id)).nodes).toMatchObject([{ id: apiKey.id }]);
    expectType(await revoke(admin, apiKey.id), 'RevokeApiKeyPayload');
    expect(await opens(app, key)).toBe(false);

    const mails = await readOutbox(app.services);
    const toHal = mails.filter(({ toAddress }) => toAddress === 'hal@example.com');
    expect(toHal.map(({ kind }) => kind)).toEqual(['apiKeyCreated', 'apiKeyRevoked']);
    for (const { text } of toHal) expect(text).toContain(`qzr_…${key.slice(-4)}`);
    expect(JSON.stringify(toHal)).not.toContain(key);
  });

  it('leave no trace of their text in the audit, the log or a mail', async () => {
    const { accessToken, user } = await registerUser(app, 'Ida');
    const { key, apiKey } = await createKey(app, accessToken);
    await opens(app, key);
    await app.rest('POST', '/graphql', { body: '{', token: key });
    await app.rest('GET', `/api/auth/${key}`, { token: key });
    const { prisma } = app.services.db;
    const events = await prisma.auditEvent.findMany({ where: { targetId: apiKey.id } });
    expect(events).toMatchObject([
      { action: 'api_key.created', actorId: user.id, details: `{"userId":"${user.id}"}` },
    ]);
    const audit = await prisma.auditEvent.findMany({ omit: { sequence: true } });
    const kept = JSON.stringify([audit, app.logged, await readOutbox(app.services)]);
    expect(kept).not.toContain(key.slice(4, -4));
  });

  it('act under their own name in the audit', async () => {
    const { key, apiKey } = await createKey(app, admin);
    await createUser(app, key, 'Jon');
    const where = { action: 'user.created', actorKind: 'apiKey' };
    expect(await app.services.db.prisma.auditEvent.findMany({ where })).toMatchObject([
      { actorId: apiKey.id, actorName: `admin by qzr_…${key.slice(-4)}`, sessionId: null },
    ]);
  });
});

describe('API keys and settings', () => {
  it('begin with API_KEY_PREFIX, and are no more than API_KEYS_PER_USER', async () => {
    const app = await startApp({ env: { API_KEY_PREFIX: 'acme_', API_KEYS_PER_USER: '2' } });
    const { accessToken } = await setUpAdmin(app);
    const { key } = await createKey(app, accessToken);
    expect(key).toMatch(/^acme_[0-9A-Za-z]{36}$/);
    expect(await opens(app, key)).toBe(true);
    expect(await opens(app, key.replace('acme_', 'qzr_'))).toBe(false);
    await createKey(app, accessToken, { expiresInDays: 1 });
    const more = () => app.graphql(CREATE_API_KEY, { input: { name: 'CI' } }, accessToken);
    expect((await more()).data.createApiKey).toMatchObject({ code: 'API_KEY_LIMIT' });
    await app.close();
  });

  it('ask for a recent sign-in to be made', async () => {
    const app = await startApp();
    const { accessToken } = await setUpAdmin(app);
    app.clock.step(3599);
    await createKey(app, accessToken);
    app.clock.step(1);
    const { errors } = await app.graphql(CREATE_API_KEY, { input: { name: 'CI' } }, accessToken);
    expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    await app.close();
  });
});
