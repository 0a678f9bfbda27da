import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { readOutbox } from '../support/outbox.ts';
import { createUser, PASSWORD, setUpAdmin } from '../support/people.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const DAY_MS = 24 * 3600 * 1000;
const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;

interface SignedIn {
  readonly token: string;
  readonly user: { readonly id: string };
}

describe.each(providers)('lncrawl on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let referrer: string;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
    referrer = ((await call('POST', '/me/create-token', undefined, admin)).body as SignedIn).token;
  });
  afterAll(() => app.close());

  const call = (method: string, path: string, body?: unknown, token?: string) =>
    app.rest(method, `/compat/lncrawl/api/auth${path}`, {
      ...(body !== undefined && { body }),
      token,
    });
  const login = (email: string, password = PASSWORD) => call('POST', '/login', { email, password });
  const signUp = (fields: object = {}) =>
    call('POST', '/signup', {
      referrer,
      email: `reader${++count}@example.com`,
      password: PASSWORD,
      name: 'A Reader',
      captcha: 'a field of another version',
      ...fields,
    });
  const newReader = async () => {
    const email = `reader${count + 1}@example.com`;
    return { email, ...((await signUp()).body as SignedIn) };
  };
  const expectError = (answer: { status: number; text: string }, status: number, error: string) =>
    expect([answer.status, answer.text]).toEqual([
      status,
      JSON.stringify({ error, detail: error }),
    ]);
  const expectTrue = (answer: { status: number; text: string }) =>
    expect([answer.status, answer.text]).toEqual([200, 'true']);

  describe('POST /api/auth/login', () => {
    it('answers a token with its scopes and end, and the user of the document', async () => {
      const { email } = await newReader();
      const answer = await login(email);
      expect([answer.status, answer.body]).toEqual([
        200,
        {
          token: text(JWT),
          user: {
            id: text(UUID),
            created_at: app.clock.now().getTime(),
            updated_at: app.clock.now().getTime(),
            extra: {},
            referrer_id: text(UUID),
            email,
            name: 'A Reader',
            role: 'user',
            tier: 0,
            is_active: true,
            is_verified: false,
          },
        },
      ]);
      const { token } = answer.body as SignedIn;
      const claims: unknown = JSON.parse(
        Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8'),
      );
      expect(claims).toMatchObject({ exp: expect.any(Number) as number, scopes: [] });
      expect((await call('GET', '/me', undefined, token)).status).toBe(200);
    });

    it('takes a username in the place of the address', async () => {
      const { status, body } = await login('admin');
      expect([status, body]).toMatchObject([200, { user: { email: 'admin', role: 'admin' } }]);
    });

    it('answers 401 alike for a wrong password and an address that nobody has', async () => {
      const { email } = await newReader();
      expectError(await login(email, 'wrong'), 401, 'Unauthorized');
      expectError(await login('nobody@example.com'), 401, 'Unauthorized');
    });

    it('tells whoever is disabled only after the right password', async () => {
      const { email, user, token } = await newReader();
      await app.rest('POST', '/graphql', {
        body: {
          query: 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { __typename } }',
          variables: { input: { id: user.id, disabled: true } },
        },
        token: admin,
      });
      expectError(await login(email), 403, 'User is inactive');
      expectError(await login(email, 'wrong'), 401, 'Unauthorized');
      expectError(await call('GET', '/me', undefined, token), 403, 'User is inactive');
    });

    it('answers 422 as FastAPI does where something is missing', async () => {
      const { status, body } = await call('POST', '/login', { email: 'x@example.com' });
      expect([status, body]).toMatchObject([
        422,
        { detail: [{ type: 'missing', loc: ['body', 'password'], msg: 'Field required' }] },
      ]);
    });
  });

  describe('POST /api/auth/signup', () => {
    it('makes an account for whoever a user referred', async () => {
      const { body } = await signUp();
      expect(body).toMatchObject({ token: text(JWT), user: { name: 'A Reader' } });
    });

    it('looks at the fields, then at the token, then at the address', async () => {
      const { email } = await newReader();
      expect((await signUp({ referrer: 'none', email: 'no address' })).status).toBe(422);
      expectError(await signUp({ referrer: 'none', email }), 403, 'Invalid token');
      expectError(await signUp({ email }), 409, 'User already exists');
    });

    it('says of a token that it is over, and of who gave it that they are disabled', async () => {
      const { token, user } = await newReader();
      const made = await call('POST', '/me/create-token', undefined, token);
      const { token: given } = made.body as SignedIn;
      const { prisma } = app.services.db;
      await prisma.user.update({ where: { id: user.id }, data: { disabled: true } });
      expectError(await signUp({ referrer: given }), 403, 'User is inactive');
      await prisma.user.update({ where: { id: user.id }, data: { disabled: false } });
      await prisma.userToken.updateMany({
        where: { userId: user.id },
        data: { expiresAt: app.clock.now() },
      });
      expectError(await signUp({ referrer: given }), 403, 'Token expired');
    });
  });

  it('changes the name and the password of whoever asks', async () => {
    const { email, token } = await newReader();
    expectTrue(await call('PUT', '/me/name', { name: 'Another' }, token));
    const me = await call('GET', '/me', undefined, token);
    expect(me.body).toMatchObject({ name: 'Another' });
    expect((await call('PUT', '/me/name', {}, token)).status).toBe(422);
    expectError(await call('PUT', '/me/name', { name: 'x' }), 401, 'Unauthorized');

    const change = (body: object) => call('PUT', '/me/password', body, token);
    const new_password = 'staple of another kind';
    expect((await change({ old_password: 'wrong', new_password })).status).toBe(401);
    const refused = await change({ old_password: PASSWORD, new_password: 'short' });
    expect([refused.status, refused.body]).toMatchObject([
      422,
      { detail: [{ loc: ['body', 'new_password'] }] },
    ]);
    expectTrue(await change({ current_password: PASSWORD, new_password }));
    expect((await login(email, new_password)).status).toBe(200);
  });

  it('resets a password by the token of a mail, which is good for that alone', async () => {
    const { email, user } = await newReader();
    expectTrue(await call('POST', '/send-password-reset-link', { email }));
    expectTrue(await call('POST', '/send-password-reset-link', { email: 'nobody@example.com' }));
    expect((await call('POST', '/send-password-reset-link', {})).status).toBe(422);
    const mails = async () =>
      (await readOutbox(app.services)).filter(({ toAddress }) => toAddress === email);
    await expect.poll(async () => (await mails()).length).toBe(1);
    const link = /reset-password\?token=([\w.-]+)/.exec((await mails())[0]!.text)?.[1];

    const me = await call('GET', '/me', undefined, link);
    expect([me.status, me.body]).toMatchObject([200, { id: user.id, email }]);
    for (const [method, path, body] of [
      ['PUT', '/me/name', { name: 'x' }],
      ['PUT', '/me/password', { old_password: PASSWORD, new_password: 'another one of mine' }],
      ['POST', '/me/tokens', undefined],
      ['POST', '/me/create-token', undefined],
    ] as const) {
      expectError(await call(method, path, body, link), 401, 'Unauthorized');
    }
    const headers = { authorization: `Bearer ${link}` };
    const { body } = await app.rest('POST', '/graphql', {
      body: { query: '{ me { id } }' },
      headers,
    });
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });

    const reset = (password: string, token = link) =>
      call('POST', '/reset-password-with-token', { password }, token);
    expect((await reset('short')).status).toBe(422);
    expectTrue(await reset('staple of another kind'));
    expectError(await reset('staple of a third kind'), 401, 'Unauthorized');
    expectError(await reset('staple of a third kind', admin), 401, 'Unauthorized');
    const none = await call('POST', '/reset-password-with-token', {});
    expectError(none, 401, 'Unauthorized');
    const again = await login(email, 'staple of another kind');
    expect(again.body).toMatchObject({ user: { is_verified: true } });
  });

  it('gives out ten characters that others sign up with, the same while they last', async () => {
    const { token, user } = await newReader();
    const create = () => call('POST', '/me/create-token', undefined, token);
    const made = await create();
    expect([made.status, made.body]).toEqual([200, { token: text(/^[1-9A-HJ-NP-Za-km-z]{10}$/) }]);
    expect((await create()).text).toBe(made.text);
    const list = await call('POST', '/me/tokens', undefined, token);
    const expires_at = app.clock.now().getTime() + 15 * DAY_MS;
    const { token: given } = made.body as SignedIn;
    expect(list.body).toEqual([{ token: given, user_id: user.id, expires_at }]);

    const verify = (query: string) => call('GET', `/verify-token${query}`);
    expectTrue(await verify(`?token=${given}`));
    expect((await verify('?token=1234567890')).text).toBe('false');
    const without = await verify('');
    expect([without.status, without.body]).toMatchObject([
      422,
      { detail: [{ type: 'missing', loc: ['query', 'token'] }] },
    ]);
    expectError(await call('GET', '/me', undefined, given), 401, 'Unauthorized');
  });

  it('proves an address by the code of a mail, which is wrong a few times at most', async () => {
    const { email, token } = await newReader();
    const sent = await call('POST', '/me/send-otp', undefined, token);
    expect([sent.status, sent.body]).toEqual([200, { token: text(/^\S{16,}$/) }]);
    const { token: session } = sent.body as SignedIn;
    const codes = async () =>
      (await readOutbox(app.services)).filter(({ toAddress }) => toAddress === email);
    const [mail] = await codes();
    const code = /^\d{6}$/m.exec(mail!.text)?.[0] ?? '';
    expect(mail!.subject).toMatch(/OTP/);

    const verify = async (fields: object) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.set(name, String(value));
      const url = `${app.url}/compat/lncrawl/api/auth/verify-otp`;
      const answer = await fetch(url, { method: 'POST', body });
      return { status: answer.status, text: await answer.text() };
    };
    const wrong = code === '000000' ? '000001' : '000000';
    expectError(await verify({ otp: wrong, token: session }), 403, 'Wrong OTP');
    expectError(await verify({ otp: code, token: 'none' }), 401, 'Unauthorized');
    expect((await verify({ otp: code })).status).toBe(422);
    expectTrue(await verify({ otp: code, token: session }));
    expectError(await verify({ otp: code, token: session }), 401, 'Unauthorized');
    const again = await call('POST', '/me/send-otp', undefined, token);
    expectError(again, 409, 'Email is already verified');
    const me = await call('GET', '/me', undefined, token);
    expect(me.body).toMatchObject({ is_verified: true });
  });

  it('shows an account without a name the way it has one', async () => {
    await createUser(app, admin, 'plain');
    expect((await login('plain')).body).toMatchObject({ user: { email: 'plain', name: '' } });
  });
});
