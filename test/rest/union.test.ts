import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { codeTo, mailsTo } from '../support/email.ts';
import { PASSWORD } from '../support/people.ts';
import { codeOf } from '../support/totp.ts';
import { ADMIN, AT, JANE, JWT, PAIR, RESIDENT, text, type Tokens } from './union-answers.ts';

const PLACES = providers.flatMap((provider) =>
  ['', '/compat/union'].map((base) => ({ provider, base })),
);

describe.each(PLACES)('union at "$base" on $provider', ({ provider, base }) => {
  let app: TestApp;
  let admin: string;
  let jane: Tokens;
  beforeAll(async () => {
    app = await startApp({ provider, env: { REST_ROOT: 'union' } });
  });
  afterAll(() => app.close());

  const call = async (method: string, path: string, body?: unknown, token?: string) => {
    const answer = await app.rest(method, base + path, {
      ...(body !== undefined && { body }),
      token,
    });
    return [answer.status, answer.body] as const;
  };
  const post = (path: string, body?: unknown, token?: string) => call('POST', path, body, token);
  const login = (body: object) => post('/api/auth/login', { password: PASSWORD, ...body });
  const said = (sentence: string) => ({ detail: sentence, error: sentence });

  describe('before there is a user', () => {
    it('answers as dumb does whether there is one, and to setup that is skipped', async () => {
      const before = { enabled: true, has_users: false, setup_skipped: false };
      expect(await call('GET', '/api/auth/status')).toMatchObject([200, before]);
      const message = 'Setup skipped, authentication disabled';
      expect(await post('/api/auth/skip-setup')).toEqual([200, { message }]);
      const missing = 'No users exist - create a user first';
      expect(await post('/api/auth/enable')).toEqual([400, said(missing)]);
      expect(await login({ username: 'admin' })).toEqual([
        401,
        said('Authentication is not enabled.'),
      ]);
    });

    it('POST /api/auth/setup makes the administrator and signs them in, once', async () => {
      const body = { username: 'admin', password: PASSWORD };
      const [status, answer] = await post('/api/auth/setup', body);
      const message = 'Setup complete';
      const { tenant_id } = answer as { tenant_id: string };
      expect(status).toBe(201);
      expect(answer).toEqual({ message, ...PAIR, token: JWT, user: ADMIN, tenant_id });
      const { access_token, token } = answer as Tokens;
      expect(token).toBe(access_token);
      admin = token;
      const again = said('Setup is done already. Sign in instead.');
      expect(await post('/api/auth/setup', body)).toEqual([409, again]);
      expect(await post('/api/auth/skip-setup')).toMatchObject([400, { error: text(/^Users/) }]);
    });
  });

  it('POST /api/auth/register makes an account, as quazzar-panel does', async () => {
    const { email, name } = JANE;
    expect(await post('/api/auth/register', JANE)).toEqual([
      201,
      { id: text(/^usr_/), email, name, tenant_id: text(/^ten_/), created_at: AT },
    ]);
    expect(await post('/api/auth/register', JANE)).toEqual([
      409,
      said('That e-mail address is taken.'),
    ]);
  });

  it.each([
    ['username', { username: 'admin' }, ADMIN],
    ['email', { email: JANE.email }, RESIDENT],
    ['username that is an address', { username: JANE.email }, RESIDENT],
    ['email that is a name', { email: 'admin' }, ADMIN],
  ])('POST /api/auth/login by %s answers the tokens of every document', async (_by, body, user) => {
    const [status, answer] = await login(body);
    const { tenant_id } = (answer as { user: { tenant_id: string } }).user;
    expect(status).toBe(200);
    expect(answer).toEqual({ ...PAIR, token: JWT, user, tenant_id });
    const tokens = answer as Tokens;
    expect(tokens.token).toBe(tokens.access_token);
    if (user === RESIDENT) jane = tokens;
    expect(await call('GET', '/api/auth/me', undefined, tokens.token)).toEqual([200, user]);
  });

  it.each([
    [{ username: 'admin', password: 'no' }, 401, 'Invalid username or password.'],
    [{ email: 'nobody@example.com' }, 401, 'Invalid username or password.'],
    [{ password: PASSWORD }, 422, /^username: /],
    [{ email: 7 }, 422, /^username: /],
  ])('POST /api/auth/login refuses %j in detail and in error', async (body, status, error) => {
    const [refused, answer] = await login(body);
    const { detail } = answer as { detail: string };
    expect([refused, answer]).toEqual([status, said(detail)]);
    expect(detail).toMatch(error);
  });

  it('goes on as quazzar does with the tokens', async () => {
    const { refresh_token } = jane;
    expect(await post('/api/auth/refresh', { refresh_token })).toEqual([200, PAIR]);
    const invalid = said('Invalid or expired refresh token.');
    expect(await post('/api/auth/refresh', { refresh_token: 'no' })).toEqual([401, invalid]);
    const [status, sessions] = await call('GET', '/api/auth/sessions', undefined, jane.token);
    expect(status).toBe(200);
    const other = (sessions as { id: string; current: boolean }[]).find((one) => !one.current);
    const ended = await call('DELETE', `/api/auth/sessions/${other?.id}`, undefined, jane.token);
    expect(ended).toEqual([204, undefined]);

    const body = { current_password: 'no', new_password: 'another good long phrase' };
    const wrong = said('The current password is not right.');
    expect(await post('/api/auth/change-password', body, jane.token)).toEqual([401, wrong]);
    const right = { current_password: PASSWORD, new_password: PASSWORD };
    expect(await post('/api/auth/change-password', right, jane.token)).toEqual([
      200,
      { message: 'Password changed successfully' },
    ]);
  });

  it('PUT /api/auth/profile changes the name, as quazzar-panel does', async () => {
    const [status, answer] = await call('PUT', '/api/auth/profile', { name: 'J' }, jane.token);
    expect(status).toBe(200);
    expect(answer).toEqual({
      id: text(/^usr_/),
      email: JANE.email,
      name: 'J',
      tenant_id: text(/^ten_/),
      created_at: AT,
      totp_enabled: false,
    });
    expect(await call('PUT', '/api/auth/profile', { name: 'J' })).toEqual([
      401,
      said('Sign in first.'),
    ]);
  });

  it('answers about accounts and the switch as dumb does', async () => {
    const made = { username: 'newuser', password: PASSWORD };
    const message = text(/ successfully$/);
    const plain = { username: 'newuser', disabled: false };
    expect(await post('/api/auth/users', made, admin)).toEqual([200, { message, ...plain }]);
    expect(await post('/api/auth/users', made, admin)).toEqual([
      400,
      said('Username already exists'),
    ]);
    const forbidden = await call('GET', '/api/auth/users', undefined, jane.token);
    expect(forbidden).toEqual([403, said('You may not do that.')]);
    expect(await call('GET', '/api/auth/users', undefined, admin)).toEqual([
      200,
      { users: expect.arrayContaining([plain]) as object[] },
    ]);
    const off = { disabled: true };
    expect(await call('PUT', '/api/auth/users/newuser', off, admin)).toEqual([
      200,
      { message, ...plain, ...off },
    ]);
    expect(await call('PUT', '/api/auth/users/newuser', {}, admin)).toMatchObject([
      422,
      { detail: [{ type: 'missing', loc: ['body', 'disabled'] }], error: text(/disabled/) },
    ]);
    expect(await call('DELETE', '/api/auth/users/newuser', undefined, admin)).toEqual([
      200,
      { message },
    ]);
    expect(await call('DELETE', '/api/auth/users/newuser', undefined, admin)).toEqual([
      404,
      said('User not found'),
    ]);
    const verify = (token: string) => post('/api/auth/verify', { token });
    expect(await verify(admin)).toEqual([200, { valid: true, username: 'admin' }]);
    expect(await verify('no')).toEqual([200, { valid: false, username: null }]);
    const disabled = { message: 'Authentication disabled' };
    expect(await post('/api/auth/disable', undefined, admin)).toEqual([200, disabled]);
    const enabled = { message: 'Authentication enabled' };
    expect(await post('/api/auth/enable')).toEqual([200, enabled]);
    expect(await post('/api/auth/disable')).toEqual([401, said('Not authenticated')]);
  });

  it('answers readers as lncrawl does', async () => {
    const [, made] = await post('/api/auth/me/create-token', undefined, jane.token);
    const referrer = (made as { token: string }).token;
    expect(made).toEqual({ token: text(/^[1-9A-Za-z]{10}$/) });
    expect(await post('/api/auth/me/tokens', undefined, jane.token)).toMatchObject([
      200,
      [{ token: referrer, expires_at: expect.any(Number) as number }],
    ]);
    const verify = (query: string) => call('GET', `/api/auth/verify-token${query}`);
    expect(await verify(`?token=${referrer}`)).toEqual([200, true]);
    expect(await verify('')).toMatchObject([422, { detail: [{ loc: ['query', 'token'] }] }]);

    const reader = { referrer, email: 'reader@example.com', password: PASSWORD, name: 'R' };
    const [status, signedUp] = await post('/api/auth/signup', reader);
    expect(status).toBe(200);
    expect(signedUp).toMatchObject({ token: JWT, user: { email: reader.email, tier: 0 } });
    const { token } = signedUp as Tokens;
    expect(await post('/api/auth/signup', reader)).toEqual([409, said('User already exists')]);

    const rename = await call('PUT', '/api/auth/me/name', { name: 'New' }, token);
    expect(rename).toEqual([200, true]);
    const change = { old_password: PASSWORD, new_password: PASSWORD };
    expect(await call('PUT', '/api/auth/me/password', change, token)).toEqual([200, true]);
    const [, asked] = await post('/api/auth/me/send-otp', undefined, token);
    const form = String(
      new URLSearchParams({
        otp: await codeTo(app, reader.email, 'emailCode'),
        token: (asked as Tokens).token,
      }),
    );
    const verified = await app.rest('POST', `${base}/api/auth/verify-otp`, {
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([verified.status, verified.text]).toEqual([200, 'true']);

    const { email } = reader;
    expect(await post('/api/auth/send-password-reset-link', { email })).toEqual([200, true]);
    // It is sent when the answer is on its way: who waits for it learns nothing.
    const links = () => mailsTo(app, email, 'passwordResetLink');
    await expect.poll(async () => (await links()).length).toBe(1);
    const resetToken = /\?token=([\w.-]+)/.exec((await links())[0]!.text)?.[1];
    // The page behind the link asks whose it is.
    const whose = await call('GET', '/api/auth/me', undefined, resetToken);
    expect(whose).toMatchObject([200, { email, tenant_id: null }]);
    const reset = (bearer?: string) =>
      post('/api/auth/reset-password-with-token', { password: PASSWORD }, bearer);
    expect(await reset(resetToken)).toEqual([200, true]);
    expect(await reset(resetToken)).toEqual([401, said('Unauthorized')]);
    expect(await reset()).toEqual([401, said('Unauthorized')]);
  });

  it('keeps API keys at /api/keys, and takes them where quazzar-os does', async () => {
    const body = { name: 'CI Pipeline Key', expires_in_days: 90 };
    const [status, made] = await post('/api/keys', body, admin);
    expect(status).toBe(201);
    const { id, key } = made as { id: string; key: string };
    expect(made).toMatchObject({ id: text(/^key_/), key: text(/^qzr_/), created_at: AT });
    expect(await call('GET', '/api/auth/me', undefined, key)).toEqual([200, ADMIN]);
    expect(await post('/api/keys', body, key)).toEqual([403, said('You may not do that.')]);
    // What panel, dumb and lncrawl own knows no keys.
    for (const [method, path] of [
      ['PUT', '/api/auth/profile'],
      ['GET', '/api/auth/users'],
      ['POST', '/api/auth/me/tokens'],
    ] as const) {
      expect((await call(method, path, undefined, key))[0]).toBe(401);
    }
    const [, keys] = await call('GET', '/api/keys', undefined, admin);
    expect(keys).toMatchObject([{ id, name: body.name }]);
    expect(JSON.stringify(keys)).not.toContain(key);
    expect(await call('DELETE', `/api/keys/${id}`, undefined, admin)).toEqual([204, undefined]);
    expect((await call('GET', '/api/auth/me', undefined, key))[0]).toBe(401);
    const gone = said('There is no such API key.');
    expect(await call('DELETE', `/api/keys/${id}`, undefined, admin)).toEqual([404, gone]);
  });

  it('takes a second factor, and asks for it from then on', async () => {
    const [, set] = await post('/api/auth/totp/enable', undefined, jane.token);
    const { secret } = set as { secret: string };
    const verify = (body: object, token?: string) => post('/api/auth/totp/verify', body, token);
    expect(await verify({ code: codeOf(app, secret) }, jane.token)).toMatchObject([
      200,
      { message: 'TOTP enabled', recovery_codes: expect.any(Array) as string[] },
    ]);
    app.clock.step(30);
    const asked = await login({ email: JANE.email });
    const { temp_token } = asked[1] as { temp_token: string };
    expect(asked).toEqual([200, { totp_required: true, temp_token }]);
    const answer = await verify({ temp_token, code: codeOf(app, secret) });
    const user = { ...RESIDENT, name: 'J', totp_enabled: true };
    const { tenant_id } = answer[1] as { tenant_id: string };
    expect(answer).toEqual([200, { ...PAIR, token: JWT, user, tenant_id }]);
    const over = said('This sign-in took too long or was tried too often. Start again.');
    expect(await verify({ temp_token, code: '000000' })).toEqual([401, over]);
  });

  it('says in detail and in error what is not there', async () => {
    const { status, headers, body } = await app.rest('DELETE', `${base}/api/auth/login`);
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
    expect(body).toEqual(said('That method is not allowed here.'));
    if (base === '') return;
    expect(await call('GET', '/api/auth/nothing')).toEqual([
      404,
      said('There is no such thing here.'),
    ]);
  });
});
