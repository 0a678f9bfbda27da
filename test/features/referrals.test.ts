import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { ME } from '../support/documents.ts';
import { createUser, PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import {
  CREATE_USER_TOKEN,
  SIGNUP,
  USER_TOKENS,
  VERIFY_USER_TOKEN,
} from '../support/referral-documents.ts';
import { OWN_TENANTS } from '../support/tenant-documents.ts';

const DAY = 86_400;

async function newToken(app: TestApp, accessToken: string) {
  const { data } = await app.graphql(CREATE_USER_TOKEN, {}, accessToken);
  return expectType(data.createUserToken, 'CreateUserTokenPayload').userToken;
}

async function verify(app: TestApp, token: string) {
  return (await app.graphql(VERIFY_USER_TOKEN, { token })).data.verifyUserToken;
}

async function signUp(app: TestApp, referrer: string, email: string, password = PASSWORD) {
  const input = { referrer, email, password, name: 'New' };
  return (await app.graphql(SIGNUP, { input })).data.signup;
}

describe.each(providers)('sign-up by referral on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newPerson = async () => {
    const username = `referrer${++count}`;
    const { id } = await createUser(app, admin, username);
    return { id, username, accessToken: (await signIn(app, username)).accessToken };
  };
  const freshAdmin = async () => {
    admin = (await signIn(app, 'admin')).accessToken;
  };

  describe('a user token', () => {
    it('has ten base-58 characters, is good for 15 days, and is kept so that the database does not tell it', async () => {
      const { id, accessToken } = await newPerson();
      const { token, userId, createdAt, expiresAt } = await newToken(app, accessToken);
      expect(token).toMatch(/^[1-9A-HJ-NP-Za-km-z]{10}$/);
      expect(userId).toBe(id);
      expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(15 * DAY * 1000);
      const rows = await app.services.db.prisma.userToken.findMany({ where: { userId } });
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain(token);
      const events = await app.services.db.prisma.auditEvent.findMany({
        where: { action: 'user_token.created', targetId: id },
      });
      expect(events).toHaveLength(1);
      expect(JSON.stringify(events, bigints)).not.toContain(token);
    });

    it('is one, however many ask for it at once', async () => {
      const { accessToken } = await newPerson();
      const all = await Promise.all(Array.from({ length: 100 }, () => newToken(app, accessToken)));
      expect(new Set(all.map(({ token }) => token)).size).toBe(1);
    });

    it('is answered again while more than three days are left, and listed, the newest first', async () => {
      const { username, accessToken } = await newPerson();
      const first = await newToken(app, accessToken);
      app.clock.step(12 * DAY - 1);
      const early = await signIn(app, username);
      expect((await newToken(app, early.accessToken)).token).toBe(first.token);
      app.clock.step(1);
      const second = await newToken(app, early.accessToken);
      expect(second.token).not.toBe(first.token);

      const { accessToken: now } = await signIn(app, username);
      const page = async (after?: string) =>
        (await app.graphql(USER_TOKENS, { first: 1, after: after ?? null }, now)).data.userTokens;
      const one = await page();
      const two = await page(one.pageInfo.endCursor!);
      expect([...one.nodes, ...two.nodes].map(({ token }) => token)).toEqual([
        second.token,
        first.token,
      ]);
      expect(two.pageInfo.hasNextPage).toBe(false);
      await freshAdmin();
    });

    it('signs nobody in', async () => {
      const { accessToken } = await newPerson();
      const { token } = await newToken(app, accessToken);
      const { errors } = await app.graphql(ME, {}, token);
      expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    });

    it('is verified by anybody while it is good and its owner is enabled', async () => {
      const { id, accessToken } = await newPerson();
      const { token } = await newToken(app, accessToken);
      expect(await verify(app, token)).toBe(true);
      expect(await verify(app, 'none')).toBe(false);
      const { user } = app.services.db.prisma;
      await user.update({ where: { id }, data: { disabled: true } });
      expect(await verify(app, token)).toBe(false);
      await user.update({ where: { id }, data: { disabled: false } });
      app.clock.step(15 * DAY);
      expect(await verify(app, token)).toBe(false);
      await freshAdmin();
    });
  });

  describe('signup', () => {
    it('makes an account like register does, whose referrer is written down', async () => {
      const referrer = await newPerson();
      const { token } = await newToken(app, referrer.accessToken);
      const email = `made${++count}@example.com`;
      const { accessToken, user } = expectType(await signUp(app, token, email), 'AuthPayload');
      expect(user).toMatchObject({
        username: null,
        email,
        name: 'New',
        systemRole: 'USER',
        emailVerified: false,
      });
      const places = await app.graphql(OWN_TENANTS, {}, accessToken);
      expect(places.data.me.tenants).toMatchObject([{ role: 'OWNER' }]);

      const { user: users, auditEvent } = app.services.db.prisma;
      const row = await users.findUniqueOrThrow({ where: { id: user.id } });
      expect(row.referrerId).toBe(referrer.id);
      expect(row.defaultProjectId).not.toBeNull();
      const where = { action: 'auth.registered', targetId: user.id };
      expect(await auditEvent.findMany({ where })).toMatchObject([
        { actorId: user.id, details: JSON.stringify({ userId: referrer.id }) },
      ]);
      // Good for the next one too.
      expectType(await signUp(app, token, `made${++count}@example.com`), 'AuthPayload');
    });

    it('looks at the input, then at the referrer, and only then at who has the address', async () => {
      const { id, accessToken } = await newPerson();
      const { token } = await newToken(app, accessToken);
      const email = `twice${++count}@example.com`;
      expectType(await signUp(app, token, email), 'AuthPayload');

      expectType(await signUp(app, 'none', email, 'short'), 'PasswordRefusedError');
      expectType(await signUp(app, 'none', email), 'ReferrerInvalidError');
      expectType(await signUp(app, token, email.toUpperCase()), 'EmailTakenError');
      const { user } = app.services.db.prisma;
      await user.update({ where: { id }, data: { disabled: true } });
      expectType(await signUp(app, token, email), 'ReferrerInactiveError');
      await user.update({ where: { id }, data: { disabled: false } });
      app.clock.step(15 * DAY);
      expectType(await signUp(app, token, email), 'ReferrerExpiredError');
      await freshAdmin();
    });

    it('gives an address to one of a hundred who sign up with it at once', async () => {
      const { accessToken } = await newPerson();
      const { token } = await newToken(app, accessToken);
      const email = `race${++count}@example.com`;
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => signUp(app, token, email)),
      );
      const made = answers.filter(({ __typename }) => __typename === 'AuthPayload');
      expect(made).toHaveLength(1);
      const others = answers.filter((answer) => !made.includes(answer));
      expect(new Set(others.map(({ __typename }) => __typename))).toEqual(
        new Set(['EmailTakenError']),
      );
    });
  });
});

it('holds back whoever tries referrer tokens, not the account of their owner', async () => {
  const app = await startApp({ env: { THROTTLE: 'on', TRUSTED_PROXIES: '127.0.0.1' } });
  try {
    await setUpAdmin(app);
    const { accessToken } = await registerUser(app, 'Ann');
    const { token } = await newToken(app, accessToken);
    const ask = async (tried: string, address: string) => {
      const body = { query: String(VERIFY_USER_TOKEN), variables: { token: tried } };
      const headers = { 'x-forwarded-for': address };
      return (await app.rest('POST', '/graphql', { body, headers })).text;
    };
    for (let n = 0; n < 20; n++) {
      expect(await ask(`guess${n}`, '198.51.100.1')).toContain('false');
      // A right one in between takes nothing back.
      if (n < 10) expect(await ask(token, '198.51.100.1')).toContain('true');
    }
    expect(await ask('guess', '198.51.100.1')).toContain('RATE_LIMITED');
    expect(await ask(token, '198.51.100.2')).toContain('true');
  } finally {
    await app.close();
  }
});

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
