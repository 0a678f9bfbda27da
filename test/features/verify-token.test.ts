import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGOUT, VERIFY_TOKEN } from '../support/documents.ts';
import { createUser, PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

const INVALID = { valid: false, username: null, expiresAt: null };
const MINUTES = 60;

describe.each(providers)('verifyToken on %s', (provider) => {
  let app: TestApp;
  let count = 0;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const verify = async (token: string) => {
    const { data, errors } = await app.graphql(VERIFY_TOKEN, { token });
    expect(errors).toEqual([]);
    return data.verifyToken;
  };
  const newPerson = async () => {
    const { accessToken, refreshToken, user } = await registerUser(app, `asked${++count}`);
    return { accessToken, refreshToken, id: user.id };
  };

  it('says whose an access token is and until when', async () => {
    const { accessToken } = await newPerson();
    const expiresAt = new Date(app.clock.now().getTime() + 60 * MINUTES * 1000).toISOString();
    expect(await verify(accessToken)).toEqual({
      valid: true,
      username: `asked${count}`,
      expiresAt,
    });
  });

  it('names whoever has no username by their address', async () => {
    const email = `asked${++count}@example.com`;
    await createUser(app, admin, '', { username: null, email, password: PASSWORD });
    const { accessToken } = await signIn(app, email);
    expect(await verify(accessToken)).toMatchObject({ valid: true, username: email });
  });

  it('says the same of everything that is not let in, and never fails', async () => {
    const { accessToken, refreshToken } = await newPerson();
    const [head, body] = accessToken.split('.');
    for (const token of ['', 'none', '\0', refreshToken, `${head}.${body}.`, 'x'.repeat(100_000)]) {
      expect(await verify(token)).toEqual(INVALID);
    }
  });

  it('looks at the session and at the user, not only at the token', async () => {
    const [one, two] = [await newPerson(), await newPerson()];
    await app.graphql(LOGOUT, {}, one.accessToken);
    expect(await verify(one.accessToken)).toEqual(INVALID);
    expect((await verify(two.accessToken)).valid).toBe(true);
    const { db, changes } = app.services;
    await db.prisma.user.update({ where: { id: two.id }, data: { disabled: true } });
    changes.publish({ kind: 'user', userId: two.id });
    expect(await verify(two.accessToken)).toEqual(INVALID);
  });

  it('does not count as a use of the session, and ends with the token', async () => {
    const { accessToken, id } = await newPerson();
    const { session } = app.services.db.prisma;
    const lastSeen = async () =>
      (await session.findFirstOrThrow({ where: { userId: id } })).lastSeenAt;
    const before = await lastSeen();
    app.clock.step(60 * MINUTES - 1);
    expect((await verify(accessToken)).valid).toBe(true);
    expect(await lastSeen()).toEqual(before);
    app.clock.step(1);
    expect(await verify(accessToken)).toEqual(INVALID);
  });
});
