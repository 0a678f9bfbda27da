import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/doors/cli/run.ts';
import { ENCRYPTED_COLUMNS } from '../../src/features/secrets/encrypted-columns.ts';
import { countOldSecrets } from '../../src/features/secrets/reencrypt.ts';
import { readOrMakeSetupToken } from '../../src/features/setup/token.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, providers } from '../support/database.ts';
import { ME } from '../support/documents.ts';
import { createKey } from '../support/api-keys.ts';
import { setUpAdmin } from '../support/people.ts';
import { CREATE_USER_TOKEN, VERIFY_USER_TOKEN } from '../support/referral-documents.ts';
import { codeOf, signInTwice, turnOnTotp } from '../support/totp.ts';

const OLD = 'the old secret key of the tests: 32 bytes or more';
const NEW = 'the new secret key of the tests: 32 bytes or more';

const NONE_LEFT = '0 left under another key\n0 API keys are left under another key\n';

async function cli(env: Record<string, string>, ...argv: string[]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await runCli({ env, stdin, stdout, stderr, isWatched: false }, argv);
  return { code, output: String(stdout.read() ?? '') };
}

describe.each(providers)('SECRET_KEY on %s', (provider) => {
  it('is replaced: what the old one sealed is read, sealed anew, and read without it', async () => {
    const database = await createTestDatabase(provider);
    const start = (SECRET_KEY: string) =>
      startApp({ databaseUrl: database.url, env: { SECRET_KEY } });

    const old = await start(OLD);
    const { accessToken: before } = await setUpAdmin(old);
    const { secret } = await turnOnTotp(old, before);
    const made = await old.graphql(CREATE_USER_TOKEN, {}, before);
    const { token } = expectType(made.data.createUserToken, 'CreateUserTokenPayload').userToken;
    await old.close();

    const both = await start(`${NEW},${OLD}`);
    // Signing keys, the seed of the authenticator app, and the user token.
    expect(await countOldSecrets(both.services)).toBe(4);
    const isFound = async (at: TestApp) =>
      (await at.graphql(VERIFY_USER_TOKEN, { token })).data.verifyUserToken;
    expect(await isFound(both)).toBe(true);
    expect((await both.graphql(ME, {}, before)).errors).toEqual([]);
    const env = { DATABASE_URL: database.url, SECRET_KEY: `${NEW},${OLD}`, DATA_DIR: '/nowhere' };
    const [first, second] = [
      await cli(env, 'keys', 'reencrypt'),
      await cli(env, 'keys', 'reencrypt'),
    ];
    expect(first).toEqual({ code: 0, output: `4 encrypted anew, ${NONE_LEFT}` });
    expect(second).toEqual({ code: 0, output: `0 encrypted anew, ${NONE_LEFT}` });
    expect((await both.graphql(ME, {}, before)).errors).toEqual([]);
    expect(
      await both.services.db.prisma.auditEvent.findMany({ where: { action: 'keys.reencrypted' } }),
    ).toMatchObject([
      { actorKind: 'system', actorName: 'vestibule keys reencrypt', details: '{"count":4}' },
    ]);
    await both.close();

    await expect(start(OLD)).rejects.toThrow(/SECRET_KEY does not open/);
    const anew = await start(NEW);
    expect((await anew.graphql(ME, {}, before)).errors).toEqual([]);
    expect(await isFound(anew)).toBe(true);
    anew.clock.step(60);
    const after = await signInTwice(anew, 'admin', codeOf(anew, secret));
    expect((await anew.graphql(ME, {}, after.accessToken)).errors).toEqual([]);
    await anew.close();
    await database.drop();
  });
});

describe.each(providers)('an API key on %s', (provider) => {
  it('is listed until it is used under the new SECRET_KEY, and then outlives the old one', async () => {
    const database = await createTestDatabase(provider);
    const start = (SECRET_KEY: string) =>
      startApp({ databaseUrl: database.url, env: { SECRET_KEY } });
    const old = await start(OLD);
    const { accessToken } = await setUpAdmin(old);
    const used = (await createKey(old, accessToken, { name: 'used' })).key;
    const left = await createKey(old, accessToken, { name: 'left' });
    const isLetIn = async (app: TestApp, key: string) =>
      (await app.graphql(ME, {}, key)).errors.length === 0;
    expect(await isLetIn(old, used)).toBe(true);
    // As an earlier release kept it: without a sign of the SECRET_KEY.
    const where = { id: left.apiKey.id };
    const { keyHash } = await old.services.db.prisma.apiKey.findUniqueOrThrow({ where });
    await old.services.db.prisma.apiKey.update({
      where,
      data: { keyHash: keyHash.replace(/^.*\./, '') },
    });
    await old.close();

    const both = await start(`${NEW},${OLD}`);
    const env = { DATABASE_URL: database.url, SECRET_KEY: `${NEW},${OLD}`, DATA_DIR: '/nowhere' };
    const before = await cli(env, 'keys', 'reencrypt');
    expect(before.code).toBe(1);
    expect(before.output).toContain('2 API keys are left under another key');
    // Its last use was within this minute, and still this use counts.
    expect(await isLetIn(both, used)).toBe(true);
    await vi.waitFor(async () => {
      const { code, output } = await cli(env, 'keys', 'reencrypt');
      expect(code).toBe(1);
      expect(output).toMatch(/API key qzr_….{4} "left" of admin: never used\n1 API key is left/);
    }, 30_000);
    await both.close();

    const anew = await start(NEW);
    expect(await isLetIn(anew, used)).toBe(true);
    expect(await isLetIn(anew, left.key)).toBe(false);
    await anew.close();
    await database.drop();
  });
});

describe.each(providers)('the setup token on %s', (provider) => {
  it('is sealed anew with SECRET_KEY, and no other setting is', async () => {
    const database = await createTestDatabase(provider);
    const start = (SECRET_KEY: string) =>
      startApp({ databaseUrl: database.url, env: { SECRET_KEY, OPEN_SETUP: 'false' } });
    const old = await start(OLD);
    const token = await readOrMakeSetupToken(old.services);
    await old.services.db.prisma.setting.create({
      data: { key: 'auth', value: 'on', updatedAt: old.clock.now() },
    });
    await old.close();

    const env = { DATABASE_URL: database.url, SECRET_KEY: `${NEW},${OLD}`, DATA_DIR: '/nowhere' };
    // Signing keys, and the token.
    const { output } = await cli(env, 'keys', 'reencrypt');
    expect(output).toBe(`3 encrypted anew, ${NONE_LEFT}`);
    const anew = await start(NEW);
    expect(await readOrMakeSetupToken(anew.services)).toBe(token);
    await setUpAdmin(anew, 'admin', token);
    await anew.close();
    await database.drop();
  });
});

describe('the list of encrypted columns', () => {
  it('has every model that the schema calls encrypted', () => {
    const schema = readFileSync(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
    const encrypted = schema
      .split(/^}$/m)
      .filter((model) => model.includes('encrypted under SECRET_KEY'))
      .map((model) => /^model (\w+)/m.exec(model)![1]!);
    expect(encrypted.length).toBeGreaterThan(0);
    expect(ENCRYPTED_COLUMNS.map(({ table }) => table).sort()).toEqual(encrypted.sort());
  });
});
