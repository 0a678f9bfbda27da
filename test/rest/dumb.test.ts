import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { ME } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { codeOf, turnOnTotp } from '../support/totp.ts';

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;
const PAIR = { access_token: text(JWT), refresh_token: text(JWT), token_type: 'bearer' };
const NOW = { mode: 'local', local_login_enabled: true };
const OIDC = { oidc_login_enabled: false, oidc_provider_name: '' };
const missing = (field: string) =>
  expect.objectContaining({ type: 'missing', loc: ['body', field] }) as object;

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

describe.each(providers)('dumb on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { REST_ROOT: 'dumb' } });
  });
  afterAll(() => app.close());

  const call = (method: string, path: string, body?: unknown, token?: string) =>
    app.rest(method, `/api/auth${path}`, { ...(body !== undefined && { body }), token });
  const expectAnswer = async (
    asked: ReturnType<typeof call>,
    status: number,
    body: unknown,
  ): Promise<void> => {
    const answer = await asked;
    expect([answer.status, answer.body]).toEqual([status, body]);
  };
  const refused = (asked: ReturnType<typeof call>, status: number, detail: unknown) =>
    expectAnswer(asked, status, { detail });
  const login = async (username: string) =>
    (await call('POST', '/login', { username, password: PASSWORD })).body as Pair;
  const status = (enabled: boolean, has_users: boolean, setup_skipped: boolean) =>
    expectAnswer(call('GET', '/status'), 200, {
      enabled,
      has_users,
      setup_skipped,
      ...NOW,
      ...OIDC,
    });

  describe('before there are users', () => {
    it('tells the status, and lets setup be skipped', async () => {
      await status(true, false, false);
      await refused(call('GET', '/users'), 401, 'Not authenticated');
      const message = 'Setup skipped, authentication disabled';
      await expectAnswer(call('POST', '/skip-setup'), 200, { message });
      await status(false, false, true);
      await expectAnswer(call('GET', '/users'), 200, { users: [] });
      await refused(call('POST', '/enable'), 400, 'No users exist - create a user first');
    });

    it('does not sign in while authentication is off', async () => {
      const body = { username: 'admin', password: PASSWORD };
      await refused(call('POST', '/login', body), 401, 'Authentication is not enabled');
    });

    it('answers 422 to a setup that is not valid', async () => {
      await refused(call('POST', '/setup', {}), 422, [missing('username'), missing('password')]);
      const short = await call('POST', '/setup', { username: 'admin', password: 'short' });
      expect([short.status, short.body]).toMatchObject([
        422,
        { detail: [{ type: 'value_error', loc: ['body', 'password'] }] },
      ]);
      const broken = await call('POST', '/setup', '{');
      expect([broken.status, broken.body]).toMatchObject([
        422,
        { detail: [{ type: 'json_invalid' }] },
      ]);
    });

    it('creates the first user, which turns authentication on', async () => {
      const answer = await call('POST', '/setup', { username: 'admin', password: PASSWORD });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect([answer.status, answer.body]).toEqual([
        200,
        { message: 'User created successfully', ...PAIR },
      ]);
      admin = (answer.body as Pair).access_token;
      await status(true, true, false);
    });
  });

  it('refuses setup and its skipping once there are users, before it looks at the fields', async () => {
    const detail = 'Users already exist. Use the login endpoint instead.';
    await refused(call('POST', '/setup', {}), 400, detail);
    await refused(call('POST', '/skip-setup'), 400, detail);
  });

  describe('POST /login', () => {
    it('answers tokens that carry what the document shows, and that GraphQL takes', async () => {
      const body = { username: 'admin', password: PASSWORD };
      await expectAnswer(call('POST', '/login', body), 200, PAIR);
      const pair = await login('admin');
      const now = app.clock.now().getTime() / 1000;
      expect(decodeJwt(pair.access_token)).toMatchObject({
        sub: 'admin',
        exp: now + 3600,
        type: 'access',
      });
      expect(decodeJwt(pair.refresh_token)).toMatchObject({
        sub: 'admin',
        exp: now + 30 * 24 * 3600,
        type: 'refresh',
      });
      const { data } = await app.graphql(ME, {}, pair.access_token);
      expect(data.me.username).toBe('admin');
    });

    it('answers 401 alike for a wrong password and a name that nobody has', async () => {
      for (const username of ['admin', 'nobody']) {
        const body = { username, password: 'wrong' };
        await refused(call('POST', '/login', body), 401, 'Incorrect username or password');
      }
      await refused(call('POST', '/login', { username: 'admin' }), 422, [missing('password')]);
    });

    it('asks a user with a second factor for it, which completes the sign-in', async () => {
      await registerUser(app, 'careful');
      const { accessToken } = await signIn(app, 'careful');
      const { secret } = await turnOnTotp(app, accessToken);
      const answer = await call('POST', '/login', { username: 'careful', password: PASSWORD });
      expect([answer.status, answer.body]).toEqual([
        401,
        {
          detail: 'A second factor is required: send temp_token and code to /api/auth/totp/verify',
          totp_required: true,
          temp_token: text(/./),
        },
      ]);
      const { temp_token } = answer.body as { temp_token: string };
      const body = { temp_token, code: codeOf(app, secret, 1) };
      await expectAnswer(call('POST', '/totp/verify', body), 200, PAIR);
    });
  });

  it('exchanges a refresh token, and refuses what is none', async () => {
    const { refresh_token } = await login('admin');
    const answer = await call('POST', '/refresh', { refresh_token });
    expect([answer.status, answer.body]).toEqual([200, PAIR]);
    expect(decodeJwt((answer.body as Pair).access_token).sub).toBe('admin');
    const none = { refresh_token: (answer.body as Pair).access_token };
    await refused(call('POST', '/refresh', none), 401, 'Invalid or expired refresh token');
    await refused(call('POST', '/refresh', {}), 422, [missing('refresh_token')]);
  });

  it('verifies a token in the body or in the query, and never writes it down', async () => {
    const { access_token: token, refresh_token } = await login('admin');
    const good = { valid: true, username: 'admin' };
    const bad = { valid: false, username: null };
    await expectAnswer(call('POST', '/verify', { token }), 200, good);
    await expectAnswer(call('POST', `/verify?token=${token}`), 200, good);
    await expectAnswer(call('POST', '/verify', { token: 'none' }), 200, bad);
    await expectAnswer(call('POST', '/verify', { token: refresh_token }), 200, bad);
    await refused(call('POST', '/verify', {}), 422, [missing('token')]);
    await refused(call('POST', '/verify'), 422, [missing('token')]);
    expect(JSON.stringify(app.logged)).not.toContain(token);
  });

  describe('/users', () => {
    it('creates, lists, disables, enables and deletes a user', async () => {
      const made = { username: 'newuser', password: PASSWORD };
      await expectAnswer(call('POST', '/users', made, admin), 200, {
        message: 'User created successfully',
        username: 'newuser',
        disabled: false,
      });
      await refused(call('POST', '/users', made, admin), 400, 'Username already exists');
      const { access_token } = await login('newuser');
      for (const disabled of [true, false, true]) {
        await expectAnswer(call('PUT', '/users/newuser', { disabled }, admin), 200, {
          message: 'User updated successfully',
          username: 'newuser',
          disabled,
        });
      }
      const { body } = await call('GET', '/users', undefined, admin);
      expect((body as { users: object[] }).users).toEqual(
        expect.arrayContaining([
          { username: 'admin', disabled: false },
          { username: 'newuser', disabled: true },
        ]),
      );
      await refused(call('POST', '/login', made), 403, 'User account is disabled');
      const wrong = { ...made, password: 'wrong' };
      await refused(call('POST', '/login', wrong), 401, 'Incorrect username or password');
      await refused(
        call('GET', '/users', undefined, access_token),
        403,
        'User account is disabled',
      );
      await expectAnswer(call('DELETE', '/users/newuser', undefined, admin), 200, {
        message: 'User deleted successfully',
      });
      await refused(call('DELETE', '/users/newuser', undefined, admin), 404, 'User not found');
      const gone = call('PUT', '/users/newuser', { disabled: true }, admin);
      await refused(gone, 404, 'User not found');
    });

    it('refuses what is not valid: strangers first, then bodies, then for want of rights', async () => {
      const { accessToken: plain } = await registerUser(app, 'plain');
      await refused(call('POST', '/users', {}), 401, 'Not authenticated');
      await refused(call('POST', '/users', {}, 'none'), 401, 'Invalid token');
      const faults = [missing('username'), missing('password')];
      await refused(call('POST', '/users', {}, plain), 422, faults);
      const body = { username: 'another', password: PASSWORD };
      expect((await call('POST', '/users', body, plain)).status).toBe(403);
      expect((await call('GET', '/users', undefined, plain)).status).toBe(403);
      expect((await call('DELETE', '/users/admin', undefined, plain)).status).toBe(403);
      await refused(call('PUT', '/users/plain', {}, admin), 422, [missing('disabled')]);
    });

    it('leaves the last active user and the own account what they are', async () => {
      const last = call('PUT', '/users/admin', { disabled: true }, admin);
      await refused(last, 400, 'Cannot disable the last active user');
      const gone = call('DELETE', '/users/admin', undefined, admin);
      await refused(gone, 400, 'Cannot delete the last active user');
      const { id } = await app.services.db.prisma.user.findFirstOrThrow({
        where: { username: 'plain' },
      });
      await app.services.db.prisma.user.update({ where: { id }, data: { systemRole: 'ADMIN' } });
      const own = call('DELETE', '/users/admin', undefined, admin);
      await refused(own, 400, 'Cannot delete your own account');
      await app.services.db.prisma.user.update({ where: { id }, data: { systemRole: 'USER' } });
    });
  });

  it('turns authentication off and on, and looks at no token in between', async () => {
    await refused(call('POST', '/disable'), 401, 'Not authenticated');
    await refused(call('POST', '/enable'), 401, 'Not authenticated');
    const message = 'Authentication disabled';
    await expectAnswer(call('POST', '/disable', undefined, admin), 200, { message });
    await status(false, true, false);
    expect((await call('GET', '/users', undefined, 'not a token')).status).toBe(200);
    const refresh = { refresh_token: 'none' };
    await refused(call('POST', '/refresh', refresh), 401, 'Invalid or expired refresh token');
    const enabled = { message: 'Authentication enabled' };
    await expectAnswer(call('POST', '/enable'), 200, enabled);
    await refused(call('GET', '/users', undefined, 'not a token'), 401, 'Invalid token');
    await expectAnswer(call('POST', '/enable', undefined, admin), 200, enabled);
  });

  it('says that a token has expired', async () => {
    const { access_token } = await login('admin');
    app.clock.step(3600);
    await refused(call('GET', '/users', undefined, access_token), 401, 'Token expired');
  });

  it('answers unknown paths and methods as FastAPI does', async () => {
    const unknown = app.rest('GET', '/compat/dumb/api/auth/nothing');
    await refused(unknown, 404, 'Not Found');
    const answer = await call('PATCH', '/users');
    expect([answer.status, answer.body]).toEqual([405, { detail: 'Method Not Allowed' }]);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

describe('dumb where authentication must be on', () => {
  it('refuses to turn it off, or to skip setup', async () => {
    const app = await startApp({ env: { ALLOW_AUTH_DISABLE: 'false' } });
    const skipped = await app.rest('POST', '/compat/dumb/api/auth/skip-setup');
    expect(skipped.status).toBe(403);
    const { accessToken: token } = await setUpAdmin(app);
    const { status, body } = await app.rest('POST', '/compat/dumb/api/auth/disable', { token });
    const detail = 'Authentication cannot be turned off here (ALLOW_AUTH_DISABLE).';
    expect([status, body]).toEqual([403, { detail }]);
    await app.close();
  });
});
