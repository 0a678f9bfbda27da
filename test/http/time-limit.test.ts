import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hasher } from '../../src/adapters/hasher.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { countingHasher } from '../support/hasher.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

const PLAIN = 'application/json';
const WEIGHED = 'application/json;q=0.9';
const NAME = 'changed';

/** A hasher whose checks wait, one behind the other, until they are let go. */
function heldHasher() {
  const { hasher, checked } = countingHasher({ concurrency: 1 });
  let letGo: () => void = () => undefined;
  let gate = Promise.resolve();
  const held: Hasher = {
    ...hasher,
    verify: async (...args) => {
      const right = hasher.verify(...args);
      await gate;
      return right;
    },
  };
  return {
    hasher: held,
    checked,
    hold: () => {
      gate = new Promise((resolve) => (letGo = resolve));
    },
    release: () => letGo(),
  };
}

describe.each(providers)('a request on %s', (provider) => {
  const passwords = heldHasher();
  let app: TestApp;
  let token: string;
  beforeEach(async () => {
    app = await startApp({ provider, hasher: passwords.hasher, env: { REQUEST_SECONDS: '1' } });
    token = (await setUpAdmin(app)).accessToken;
  });
  afterEach(async () => {
    passwords.release();
    await app.close();
  });

  const signIn = `login(input: { username: "admin", password: "${PASSWORD}" }) { __typename }`;
  const rename = `updateProfile(input: { name: "${NAME}" }) { __typename }`;
  const written = async () => {
    const { prisma } = app.services.db;
    const { name } = await prisma.user.findFirstOrThrow();
    return { sessions: await prisma.session.count(), isRenamed: name === NAME };
  };
  /** Sends a request whose client can go away. */
  const begin = (query: string, accept: string) => {
    const sent = request(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': PLAIN, accept, authorization: `Bearer ${token}` },
    });
    sent.on('error', () => undefined);
    sent.end(JSON.stringify({ query }));
    return sent;
  };
  const settled = () => new Promise((resolve) => setTimeout(resolve, 300));

  it.each([PLAIN, WEIGHED])(
    'begins and writes nothing more once its client has gone (Accept: %s)',
    async (accept) => {
      const before = passwords.checked();
      passwords.hold();
      const sent = begin(`mutation { ${signIn} ${rename} }`, accept);
      await expect.poll(() => passwords.checked()).toBe(before + 1);
      sent.destroy();
      await settled();
      passwords.release();
      await settled();
      expect(await written()).toEqual({ sessions: 1, isRenamed: false });
      expect(app.logged.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it.each([PLAIN, WEIGHED])(
    'is answered in time, and nothing more is done for it (Accept: %s)',
    async (accept) => {
      passwords.hold();
      const answer = await app.rest('POST', '/graphql', {
        body: { query: `mutation { ${signIn} ${rename} }` },
        token,
        headers: { accept },
      });
      expect(answer).toMatchObject({
        status: 504,
        body: { errors: [{ extensions: { code: 'TIMED_OUT' } }] },
      });
      passwords.release();
      await settled();
      expect(await written()).toEqual({ sessions: 1, isRenamed: false });
    },
  );

  it('is answered in time over REST', async () => {
    passwords.hold();
    const { status } = await app.rest('POST', '/api/v1/login', {
      body: { name: 'admin', secret: PASSWORD },
    });
    expect(status).toBe(504);
    passwords.release();
    await settled();
    expect(await written()).toMatchObject({ sessions: 1 });
  });

  it('writes nothing if it waits for the database when its client goes', async () => {
    await app.services.db.prisma.$transaction(async (tx) => {
      // On PostgreSQL the transaction has begun, and waits for this row: it is undone.
      await tx.user.updateMany({ data: { lastLoginAt: app.clock.now() } });
      const sent = begin(`mutation { ${rename} }`, PLAIN);
      await (provider === 'postgresql' ? someoneWaits(app) : settled());
      sent.destroy();
      await settled();
    });
    await settled();
    expect(await written()).toMatchObject({ isRenamed: false });
  });
});

describe('a subscription', () => {
  it('goes on after the time of a request', async () => {
    const app = await startApp({ env: { REQUEST_SECONDS: '1', ACCESS_TOKEN_SECONDS: '2' } });
    const { accessToken } = await setUpAdmin(app);
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': PLAIN,
        authorization: `Bearer ${accessToken}`,
      },
      body: JSON.stringify({ query: 'subscription { sessionRevoked { current } }' }),
    });
    const begun = performance.now();
    expect(await answer.text()).toContain('event: complete');
    expect(performance.now() - begun).toBeGreaterThan(1500);
    await app.close();
  });
});

/** Resolves when somebody waits for a lock in the database of the app. */
async function someoneWaits(app: TestApp): Promise<void> {
  await expect
    .poll(async () => {
      const rows = await app.services.db.prisma.$queryRaw<readonly { waiting: number }[]>`
        SELECT count(*)::int AS "waiting" FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      return rows[0]?.waiting;
    })
    .toBeGreaterThan(0);
}
