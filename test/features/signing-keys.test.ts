import { createRemoteJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../../src/features/clean-up/run.ts';
import { rotateKeys, tendKeys } from '../../src/features/signing-keys/rotation.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { ME, REFRESH } from '../support/documents.ts';
import { setUpAdmin, signIn } from '../support/people.ts';

const DAY = 86_400;
const kidOf = (token: string) => decodeProtectedHeader(token).kid!;
const rotate = (app: TestApp, force = false) => rotateKeys(app.services, { by: 'test', force });

const publishedBy = async (app: TestApp) => {
  const { keys } = (await app.rest('GET', '/.well-known/jwks.json')).body as { keys: JWK[] };
  return keys.map(({ kid }) => kid!).sort();
};
const slotsOf = async (app: TestApp) => {
  const rows = await app.services.db.prisma.signingKey.findMany();
  const of = (slot: string | null) => rows.filter((row) => row.slot === slot).map(({ id }) => id);
  return { active: of('ACTIVE'), next: of('NEXT'), retired: of(null) };
};
const isSignedIn = async (app: TestApp, token: string) =>
  (await app.graphql(ME, {}, token)).errors.length === 0;
const refresh = async (app: TestApp, refreshToken: string) => {
  const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
  return expectType(data.refresh, 'AuthPayload');
};
/** Lets time pass, as the clocks of all processes do. */
const pass = (seconds: number, ...apps: TestApp[]) =>
  apps.forEach((app) => app.clock.step(seconds));

describe.each(providers)('signing keys on %s', (provider) => {
  let app: TestApp;
  let other: TestApp;
  beforeEach(async () => {
    app = await startApp({ provider });
    other = await startApp({ databaseUrl: app.databaseUrl });
  });
  afterEach(async () => {
    await other.close();
    await app.close();
  });

  it('are published before they sign', async () => {
    await setUpAdmin(app);
    const { active, next } = await slotsOf(app);
    expect(await publishedBy(app)).toEqual([...active, ...next].sort());
    expect(await rotate(app)).toMatchObject({ outcome: 'TOO_SOON' });
    pass(600, app, other);
    expect(await rotate(app)).toMatchObject({ outcome: 'ROTATED', keyId: next[0] });
    pass(60, app, other);
    expect(kidOf((await signIn(app, 'admin')).accessToken)).toBe(next[0]);
    expect(await publishedBy(app)).toHaveLength(3);
  });

  it('let tokens from before, during and after a rotation count, here and for an outside reader', async () => {
    const before = await setUpAdmin(app);
    pass(600, app, other);
    await rotate(app);
    const during = await signIn(other, 'admin');
    pass(60, app, other);
    await other.services.keys.reload();
    const after = await signIn(other, 'admin');
    expect(kidOf(during.accessToken)).toBe(kidOf(before.accessToken));
    expect(kidOf(after.accessToken)).not.toBe(kidOf(before.accessToken));

    const keys = createRemoteJWKSet(new URL(`${app.url}/.well-known/jwks.json`));
    for (const { accessToken, refreshToken } of [before, during, after]) {
      for (const at of [app, other]) expect(await isSignedIn(at, accessToken)).toBe(true);
      await expect(
        jwtVerify(accessToken, keys, { currentDate: app.clock.now() }),
      ).resolves.toBeDefined();
      const next = await refresh(app, refreshToken);
      expect(kidOf(next.accessToken)).toBe(kidOf(after.accessToken));
    }
  });

  it('let a process that has not heard of a rotation take the tokens of one that has', async () => {
    await setUpAdmin(app);
    await rotate(app, true);
    pass(1, app, other);
    await rotate(app, true);
    await app.services.keys.reload();
    pass(60, app, other);
    const { accessToken } = await signIn(app, 'admin');
    const known = await publishedBy(other);
    expect(known).not.toContain(kidOf(accessToken));
    // It asks the database once a second at most.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await isSignedIn(other, accessToken)).toBe(true);
  });

  it('give the successor of a refresh token byte for byte across a rotation', async () => {
    const { refreshToken } = await setUpAdmin(app);
    pass(600, app, other);
    await rotate(app);
    await other.services.keys.reload();
    pass(59, app, other);
    const first = await refresh(app, refreshToken);
    pass(2, app, other);
    const second = await refresh(other, refreshToken);
    expect(second.refreshToken).toBe(first.refreshToken);
    expect(second.accessToken).toBe(first.accessToken);
  });

  it('are rotated once by a hundred at once in two processes', async () => {
    pass(600, app, other);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => rotate(i % 2 ? app : other)),
    );
    expect(answers.filter(({ outcome }) => outcome === 'ROTATED')).toHaveLength(1);
    const { active, next, retired } = await slotsOf(app);
    expect([active.length, next.length, retired.length]).toEqual([1, 1, 1]);
    const where = { action: 'keys.rotated' };
    expect(await app.services.db.prisma.auditEvent.findMany({ where })).toMatchObject([
      { actorKind: 'system', actorName: 'test', targetId: active[0] },
    ]);
  });

  it('are rotated by age, and deleted when what they signed has run out', async () => {
    const first = (await slotsOf(app)).active[0]!;
    pass(90 * DAY - 1, app);
    await tendKeys(app.services);
    expect((await slotsOf(app)).active).toEqual([first]);
    pass(1, app);
    await tendKeys(app.services);
    expect((await slotsOf(app)).retired).toEqual([first]);
    expect(await publishedBy(app)).toContain(first);
    pass(3 * 3600, app);
    expect(await publishedBy(app)).not.toContain(first);
    pass(30 * DAY - 3 * 3600, app);
    await cleanUp(app.services, { by: 'test' });
    expect((await slotsOf(app)).retired).toEqual([first]);
    pass(2 * 3600, app);
    await cleanUp(app.services, { by: 'test' });
    expect((await slotsOf(app)).retired).toEqual([]);
  });
});

describe('SIGNING_KEY_ROTATE_DAYS=0', () => {
  it('leaves rotation to the command', async () => {
    const app = await startApp({ env: { SIGNING_KEY_ROTATE_DAYS: '0' } });
    try {
      pass(4000 * DAY, app);
      await tendKeys(app.services);
      expect((await slotsOf(app)).retired).toEqual([]);
      expect(await rotate(app)).toMatchObject({ outcome: 'ROTATED' });
    } finally {
      await app.close();
    }
  });
});
