import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/adapters/digest.ts';
import {
  claimOneTimeTry,
  consumeOneTimeToken,
  deleteOneTimeTokens,
  insertOneTimeToken,
} from '../../src/features/one-time-tokens/store.ts';
import { newOneTimeToken } from '../../src/features/one-time-tokens/tokens.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';

const ALL_AT_ONCE = Array.from({ length: 100 });

describe.each(providers)('a one-time token on %s', (provider) => {
  let app: TestApp;
  let userId: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    userId = (await setUpAdmin(app)).user.id;
  });
  afterAll(() => app.close());

  async function issue() {
    const { secret, row } = newOneTimeToken(app.services, { purpose: 'sign-in', userId });
    await insertOneTimeToken(app.services.db.prisma, row);
    return { secret, row };
  }
  const tryIt = (secret: string) => {
    const tokenHash = sha256(secret);
    const now = app.clock.now();
    return claimOneTimeTry(app.services.db, { tokenHash, purpose: 'sign-in', now });
  };
  const consume = (id: string) =>
    consumeOneTimeToken(app.services.db.prisma, { id, now: app.clock.now() });

  it('is kept only as a hash, of 256 random bits', async () => {
    const { secret } = await issue();
    expect(secret).toMatch(/^[\w-]{43}$/);
    const rows = await app.services.db.prisma.oneTimeToken.findMany();
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('can be tried five times, however many try at once', async () => {
    const { secret, row } = await issue();
    const tries = await Promise.all(ALL_AT_ONCE.map(() => tryIt(secret)));
    const counted = tries.filter((found) => found !== undefined);
    expect(counted.map(({ triesLeft }) => triesLeft).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(counted[0]).toMatchObject({ id: row.id, userId });
    expect(await tryIt(secret)).toBeUndefined();
  });

  it('is used up by one of a hundred at once', async () => {
    const { secret, row } = await issue();
    const used = await Promise.all(ALL_AT_ONCE.map(() => consume(row.id)));
    expect(used.filter(Boolean)).toHaveLength(1);
    expect(await tryIt(secret)).toBeUndefined();
  });

  it('lives five minutes, and is forgotten when the user gets another', async () => {
    const { secret, row } = await issue();
    app.clock.step(299);
    expect(await tryIt(secret)).toMatchObject({ id: row.id });
    app.clock.step(1);
    expect(await tryIt(secret)).toBeUndefined();
    expect(await consume(row.id)).toBe(false);
    const { row: another } = await issue();
    const rows = await app.services.db.prisma.oneTimeToken.findMany({ where: { userId } });
    expect(rows.map(({ id }) => id)).toEqual([another.id]);
  });

  it('ends with all others of its user', async () => {
    const { secret } = await issue();
    await deleteOneTimeTokens(app.services.db.prisma, userId);
    expect(await tryIt(secret)).toBeUndefined();
  });
});
