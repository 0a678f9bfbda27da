import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RestAnswer, TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { startThrottledApp } from '../support/guesses.ts';
import { RESET_PASSWORD } from '../support/password-documents.ts';
import { createUser, PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { codeOf, turnOnTotp, wrongCodeOf } from '../support/totp.ts';
import { UPDATE_USER } from '../support/user-documents.ts';

const STEP = 30;
const TICKET = /^[\w-]{43}$/;
const TOO_MANY = 'Too many attempts. Try again later.';
const OWN_FIRST = 'Choose a password of your own first.';

type Endpoint = readonly [method: string, path: string];

/** How a dialect is signed in to. */
interface Door {
  readonly name: string;
  readonly base: string;
  readonly login: string;
  readonly verify: string;
  /** Whom its clients name, of a person's two names. */
  readonly by: 'username' | 'email';
  readonly fields: readonly [who: string, secret: string];
  readonly isForm?: true;
  /** Its token is in the answer under this name. */
  readonly token: string;
  /** Where the token says who calls. */
  readonly me: Endpoint;
  /** What has to wait until somebody has a password of their own. */
  readonly held: Endpoint;
  readonly cookie?: true;
  /** What it answers: to the password alone, to a wrong code, to somebody who is disabled. */
  readonly challenged: number;
  readonly wrongCode: number;
  readonly disabled: number;
  /** An error's text as its clients read it. */
  readonly error: 'detail' | 'error';
}

const AUTH = {
  login: '/api/auth/login',
  verify: '/api/auth/totp/verify',
  by: 'username',
  fields: ['username', 'password'],
  token: 'access_token',
  me: ['GET', '/api/auth/me'],
  held: ['GET', '/api/keys'],
  challenged: 200,
  wrongCode: 401,
  disabled: 403,
  error: 'error',
} as const;

const DOORS: readonly Door[] = [
  {
    ...AUTH,
    name: 'qdash',
    base: '/compat/qdash',
    login: '/auth/login',
    verify: '/auth/totp/verify',
    isForm: true,
    me: ['GET', '/auth/me'],
    held: ['GET', '/projects'],
    challenged: 401,
    error: 'detail',
  },
  {
    ...AUTH,
    name: 'lncrawl',
    base: '/compat/lncrawl',
    by: 'email',
    fields: ['email', 'password'],
    token: 'token',
    held: ['POST', '/api/auth/me/create-token'],
    challenged: 401,
  },
  {
    ...AUTH,
    name: 'dumb',
    base: '/compat/dumb',
    // It has no other path that tells a token that counts from one that does not for anybody.
    me: ['GET', '/api/auth/users'],
    held: ['GET', '/api/auth/users'],
    challenged: 401,
    error: 'detail',
  },
  { ...AUTH, name: 'quazzar-os', base: '/compat/quazzar-os' },
  {
    ...AUTH,
    name: 'quazzar-panel',
    base: '/compat/quazzar-panel',
    held: ['PUT', '/api/auth/profile'],
    by: 'email',
    fields: ['email', 'password'],
  },
  {
    ...AUTH,
    name: 'dukatia',
    base: '/compat/dukatia',
    login: '/api/v1/login',
    verify: '/api/v1/totp/verify',
    fields: ['name', 'secret'],
    me: ['GET', '/api/v1/users/me'],
    held: ['GET', '/api/v1/users/me/dashboards'],
    cookie: true,
    challenged: 400,
    wrongCode: 400,
    disabled: 400,
  },
  { ...AUTH, name: 'union by username', base: '/compat/union' },
  {
    ...AUTH,
    name: 'union by email',
    base: '/compat/union',
    held: ['POST', '/api/auth/me/tokens'],
    by: 'email',
    fields: ['email', 'password'],
  },
];

describe.each(providers)('what protects an account on %s', (provider) => {
  let stage: Awaited<ReturnType<typeof startThrottledApp>>;
  let app: TestApp;
  let admin: string;
  let made = 0;
  beforeAll(async () => {
    stage = await startThrottledApp({ provider });
    ({ app } = stage);
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  /** An address that nobody came from before: what is counted at one door alone is by address. */
  const anAddress = () => `198.51.100.${(made += 1)}`;

  async function aPerson() {
    const username = `person${(made += 1)}`;
    const email = `${username}@example.com`;
    const { id } = await createUser(app, admin, username, { email });
    return { id, username, email };
  }
  type Names = Awaited<ReturnType<typeof aPerson>>;

  const login = (door: Door, names: Names, password = PASSWORD, address = '127.0.0.1') => {
    const [who, secret] = door.fields;
    const fields = { [who]: names[door.by], [secret]: password };
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return app.rest('POST', door.base + door.login, {
      body: door.isForm ? String(new URLSearchParams(fields)) : fields,
      headers: { 'x-forwarded-for': address, ...(door.isForm && type) },
    });
  };
  const tokenIn = ({ token }: Door, { body }: RestAnswer) =>
    (body as Readonly<Record<string, string>>)[token];
  const ask = (
    { base, me, cookie }: Door,
    token: string | undefined,
    [method, path]: Endpoint = me,
  ) =>
    app.rest(method, base + path, {
      ...(cookie ? { headers: { cookie: `access_token=${token}` } } : { token }),
    });
  /** What is said of whoever is let in; who is no administrator may not all see. */
  const letIn = ({ name }: Door) => (name === 'dumb' ? 403 : 200);

  describe.each(DOORS)('at $name', (door) => {
    it('asks whoever has a second factor for it before there is a token', async () => {
      const names = await aPerson();
      const { accessToken } = await signIn(app, names.username);
      const { secret } = await turnOnTotp(app, accessToken);
      app.clock.step(STEP);

      const asked = await login(door, names);
      expect(asked.status).toBe(door.challenged);
      expect(asked.headers.get('set-cookie')).toBeNull();
      expect(asked.body).toMatchObject({
        totp_required: true,
        temp_token: expect.stringMatching(TICKET) as string,
      });
      expect(asked.body).not.toHaveProperty('access_token');
      expect(asked.body).not.toHaveProperty('token');
      expect(asked.body).not.toHaveProperty('refresh_token');

      const { temp_token } = asked.body as { temp_token: string };
      expect((await ask(door, temp_token)).status).toBe(401);
      const verify = (code: string) =>
        app.rest('POST', door.base + door.verify, { body: { temp_token, code } });
      const wrong = await verify(wrongCodeOf(app, secret));
      expect([wrong.status, tokenIn(door, wrong)]).toEqual([door.wrongCode, undefined]);
      const code = codeOf(app, secret);
      const done = await verify(code);
      expect(done.status).toBe(200);
      expect((await ask(door, tokenIn(door, done))).status).toBe(letIn(door));
      // The ticket is good once, and so is the code.
      expect((await verify(codeOf(app, secret, 1))).status).toBe(door.wrongCode);
    });

    it('holds who guesses, on one count with GraphQL and the other dialects', async () => {
      const names = await aPerson();
      const address = anAddress();
      // The names of one account are counted each on its own.
      const others = DOORS.filter(({ by, name }) => by === door.by && name !== door.name);
      const guessed = [
        await login(door, names, 'wrong', address),
        await login(others[0]!, names, 'wrong', address),
        await login(door, names, 'wrong', address),
      ];
      for (const { status, headers } of guessed) {
        expect([400, 401]).toContain(status);
        expect(headers.get('retry-after')).toBeNull();
      }
      await stage.guessTimes(2, names[door.by], address);

      // The right password does not help any more.
      const held = await login(door, names, PASSWORD, address);
      expect([held.status, held.headers.get('retry-after')]).toEqual([429, '30']);
      expect(held.body).toMatchObject({ [door.error]: TOO_MANY });
      expect(await stage.signIn(names[door.by], address)).toBe(30);
      const elsewhere = await login(door, names, PASSWORD, anAddress());
      expect(elsewhere.status).toBe(200);
    });

    it('lets nobody in who is disabled, and ends what they had', async () => {
      const names = await aPerson();
      const token = tokenIn(door, await login(door, names));
      expect((await ask(door, token)).status).toBe(letIn(door));
      const input = { id: names.id, disabled: true };
      await app.graphql(UPDATE_USER, { input }, admin);
      const over = await ask(door, token);
      expect([401, 403]).toContain(over.status);
      expect(over.text).not.toContain(names.username);
      const refused = await login(door, names);
      expect([refused.status, tokenIn(door, refused)]).toEqual([door.disabled, undefined]);
      // Only the right password is told.
      const wrong = await login(door, names, 'wrong');
      expect(wrong.status).toBe(door.cookie ? 400 : 401);
      expect((await stage.signIn(names.username, '127.0.0.1')).toString()).toMatch(/DISABLED/);
    });

    it('refuses the token of a session that has ended', async () => {
      const names = await aPerson();
      const token = tokenIn(door, await login(door, names));
      expect((await ask(door, token)).status).toBe(letIn(door));
      const mutation = 'mutation { revokeOtherSessions { __typename } }';
      const { accessToken } = await signIn(app, names.username);
      await app.rest('POST', '/graphql', { body: { query: mutation }, token: accessToken });
      expect((await ask(door, token)).status).toBe(401);
    });

    it('lets whoever was given a password do nothing before they choose one', async () => {
      const names = await aPerson();
      const given = 'given by an administrator';
      const input = { id: names.id, newPassword: given };
      await app.graphql(RESET_PASSWORD, { input }, admin);
      const token = tokenIn(door, await login(door, names, given));
      expect(token).toBeTypeOf('string');
      const held = await ask(door, token, door.held);
      expect(held.status).toBe(door.cookie ? 400 : 403);
      expect(held.body).toMatchObject({ [door.error]: OWN_FIRST });
    });
  });
});
