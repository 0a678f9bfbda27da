import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, setUpAdmin, signIn } from '../support/people.ts';

const FORM = 'application/x-www-form-urlencoded';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe.each(providers)('qdash on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { REST_ROOT: 'qdash', QDASH_ADMIN_USERNAME: 'boss' } });
    admin = (await setUpAdmin(app, 'root')).accessToken;
    await make('newuser', { password: 'secure_password', full_name: 'New User' });
  });
  afterAll(() => app.close());

  const call = (method: string, path: string, body?: unknown, token?: string) =>
    app.rest(method, path, { ...(body !== undefined && { body }), token });
  const make = async (username: string, fields: object = {}) => {
    const body = { username, password: PASSWORD, ...fields };
    const answer = await call('POST', '/auth/register', body, admin);
    expect(answer.status, answer.text).toBe(200);
    return answer.body as { access_token: string; default_project_id: string; user_id: string };
  };
  const login = (username: string, password: string, type = FORM) =>
    app.rest('POST', '/auth/login', {
      body: String(new URLSearchParams({ username, password })),
      headers: { 'content-type': type },
    });
  const expectDetail = (answer: { status: number; text: string }, status: number, detail: string) =>
    expect([answer.status, answer.text]).toEqual([status, JSON.stringify({ detail })]);
  const missing = (field: string) =>
    expect.objectContaining({ type: 'missing', loc: ['body', field] }) as object;

  describe('POST /auth/login', () => {
    it('takes the form of the document and answers what it shows', async () => {
      const answer = await login('newuser', 'secure_password');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toEqual({
        access_token: text(JWT),
        token_type: 'bearer',
        username: 'newuser',
        default_project_id: text(UUID),
        user_id: text(UUID),
        must_change_password: false,
      });
    });

    it('takes a form in parts as well', async () => {
      const body = new FormData();
      body.set('username', 'newuser');
      body.set('password', 'secure_password');
      const answer = await fetch(`${app.url}/auth/login`, { method: 'POST', body });
      expect(answer.status).toBe(200);
    });

    it('answers 401 alike for a wrong password and a name that nobody has', async () => {
      for (const name of ['newuser', 'nobody']) {
        expectDetail(await login(name, 'wrong'), 401, 'Incorrect username or password');
      }
    });

    it('answers 422 to JSON, and where a field is missing', async () => {
      const json = { username: 'newuser', password: 'secure_password' };
      const both = await call('POST', '/auth/login', json);
      expect([both.status, both.body]).toEqual([
        422,
        { detail: [missing('username'), missing('password')] },
      ]);
      const one = await app.rest('POST', '/auth/login', {
        body: 'username=newuser',
        headers: { 'content-type': FORM },
      });
      expect([one.status, one.body]).toEqual([422, { detail: [missing('password')] }]);
      const broken = await login('newuser', 'x', 'multipart/form-data; boundary=none');
      expect(broken.status).toBe(422);
    });
  });

  describe('POST /auth/register', () => {
    it('makes a user with a project of their own and a token that works', async () => {
      const answer = await call(
        'POST',
        '/auth/register',
        { username: 'other', password: 'secure_password', full_name: 'Other User', extra: 1 },
        admin,
      );
      expect([answer.status, answer.body]).toEqual([
        200,
        {
          username: 'other',
          full_name: 'Other User',
          display_name: 'Other User',
          user_id: text(UUID),
          disabled: false,
          default_project_id: text(UUID),
          system_role: 'user',
          must_change_password: false,
          access_token: text(JWT),
        },
      ]);
      const { access_token: token } = answer.body as { access_token: string };
      const { body } = await call('GET', '/projects', undefined, token);
      expect(body).toMatchObject({ total: 1, projects: [{ name: "other's project" }] });
    });

    it('takes display_name, and leaves the project out where it is told to', async () => {
      const made = await make('bare', { display_name: 'Bare', create_default_project: false });
      expect(made).toMatchObject({ display_name: 'Bare', default_project_id: null });
    });

    it('makes an administrator of the name that is configured, and of no other', async () => {
      expect(await make('boss')).toMatchObject({ system_role: 'admin' });
      expect(await make('bossy')).toMatchObject({ system_role: 'user' });
    });

    it('is for administrators', async () => {
      const body = { username: 'x', password: PASSWORD };
      expectDetail(
        await call('POST', '/auth/register', body),
        401,
        'Authorization header with Bearer token is required',
      );
      const { access_token: plain } = await make('plain');
      const refused = 'Only administrators can create new users';
      expectDetail(await call('POST', '/auth/register', body, plain), 403, refused);
    });

    it('asks who calls, then what they say, then what they may', async () => {
      const { accessToken } = await signIn(app, 'newuser', 'secure_password');
      expect((await call('POST', '/auth/register', '{', undefined)).status).toBe(401);
      expect((await call('POST', '/auth/register', {}, accessToken)).status).toBe(422);
      expect((await call('POST', '/auth/register', '{', accessToken)).body).toMatchObject({
        detail: [{ type: 'json_invalid' }],
      });
    });

    it('refuses a name that is taken, in any spelling, and what is not valid', async () => {
      const taken = { username: 'NEWUSER', password: PASSWORD };
      const answer = await call('POST', '/auth/register', taken, admin);
      expectDetail(answer, 400, 'Username already registered');
      const invalid = await call('POST', '/auth/register', { username: 5 }, admin);
      expect([invalid.status, invalid.body]).toEqual([
        422,
        {
          detail: [
            {
              type: 'string_type',
              loc: ['body', 'username'],
              msg: 'Input should be a valid string',
              input: 5,
            },
            missing('password'),
          ],
        },
      ]);
    });
  });

  describe('GET /auth/me', () => {
    it('answers the fields of the document', async () => {
      const { accessToken } = await signIn(app, 'newuser', 'secure_password');
      const answer = await call('GET', '/auth/me', undefined, accessToken);
      expect([answer.status, answer.body]).toEqual([
        200,
        {
          username: 'newuser',
          full_name: 'New User',
          display_name: 'New User',
          user_id: text(UUID),
          disabled: false,
          default_project_id: text(UUID),
          system_role: 'user',
          must_change_password: false,
        },
      ]);
    });

    it('tells no token from a bad one, and takes the scheme in any case', async () => {
      const none = await call('GET', '/auth/me');
      expectDetail(none, 401, 'Authorization header with Bearer token is required');
      expect(none.headers.get('www-authenticate')).toBe('Bearer');
      expectDetail(await call('GET', '/auth/me', undefined, 'x'), 401, 'Invalid access token');
      const headers = { authorization: `bEARER ${admin}` };
      expect((await app.rest('GET', '/auth/me', { headers })).status).toBe(200);
    });

    it('tells whoever is disabled, with a token from before, that they are', async () => {
      const { access_token: token, user_id: id } = await make('gone');
      await app.rest('POST', '/graphql', {
        body: {
          query: 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { __typename } }',
          variables: { input: { id, disabled: true } },
        },
        token: admin,
      });
      expectDetail(
        await call('GET', '/auth/me', undefined, token),
        403,
        'User account is disabled',
      );
      expectDetail(await login('gone', PASSWORD), 403, 'User account is disabled');
      expectDetail(await login('gone', 'wrong'), 401, 'Incorrect username or password');
    });
  });

  it('PATCH /auth/me changes the name that is shown', async () => {
    const { access_token: token } = await make('named');
    for (const field of ['display_name', 'full_name']) {
      const answer = await call('PATCH', '/auth/me', { [field]: `by ${field}` }, token);
      expect(answer.body).toMatchObject({ full_name: `by ${field}`, display_name: `by ${field}` });
    }
    expect((await call('PATCH', '/auth/me', {}, token)).status).toBe(422);
  });

  it('POST /auth/logout answers everybody, and ends the session of a token', async () => {
    const message = JSON.stringify({ message: 'Successfully logged out' });
    expect((await call('POST', '/auth/logout')).text).toBe(message);
    const { accessToken } = await signIn(app, 'newuser', 'secure_password');
    expect((await call('POST', '/auth/logout', undefined, accessToken)).text).toBe(message);
    expectDetail(
      await call('GET', '/auth/me', undefined, accessToken),
      401,
      'Invalid access token',
    );
  });

  it('POST /auth/change-password asks for the current one and takes the new one', async () => {
    const { access_token: token } = await make('changer', { password: 'old_password' });
    const change = (current_password: string, new_password: string) =>
      call('POST', '/auth/change-password', { current_password, new_password }, token);
    expectDetail(
      await change('wrong', 'new_secure_password'),
      400,
      'Current password is incorrect',
    );
    const refused = await change('old_password', 'short');
    expect([refused.status, refused.text]).toEqual([400, text(/^\{"detail":"[^"]+"\}$/)]);
    const done = await change('old_password', 'new_secure_password');
    expect([done.status, done.text]).toEqual([
      200,
      JSON.stringify({ message: 'Password changed successfully' }),
    ]);
    expect((await login('changer', 'new_secure_password')).status).toBe(200);
    expect((await login('changer', 'old_password')).status).toBe(401);
  });

  it('POST /auth/reset-password is for administrators, and for whom there is', async () => {
    const { access_token: token } = await make('target_user');
    const reset = (username: string, as: string | undefined, fields: object = {}) =>
      call(
        'POST',
        '/auth/reset-password',
        { username, new_password: 'new_secure_password', ...fields },
        as,
      );
    expect((await reset('target_user', undefined)).status).toBe(401);
    const refused = 'Only administrators can reset user passwords';
    expectDetail(await reset('target_user', token), 403, refused);
    expectDetail(await reset('nobody', admin), 404, "User 'nobody' not found");
    const incomplete = await reset('target_user', admin, { new_password: undefined });
    expect([incomplete.status, incomplete.body]).toEqual([
      422,
      { detail: [missing('new_password')] },
    ]);

    const done = await reset('target_user', admin);
    expect([done.status, done.text]).toEqual([
      200,
      JSON.stringify({ message: "Password reset successfully for user 'target_user'" }),
    ]);
    expect((await call('GET', '/auth/me', undefined, token)).status).toBe(401);
    const { body } = await login('target_user', 'new_secure_password');
    expect(body).toMatchObject({ must_change_password: true });
  });

  it('GET /admin/users answers a slice of everybody to administrators', async () => {
    const { body } = await call('GET', '/admin/users?skip=1&limit=2', undefined, admin);
    const { users, total } = body as { users: { username: string }[]; total: number };
    expect(users).toHaveLength(2);
    expect(total).toBeGreaterThan(3);
    const odd = await call('GET', '/admin/users?limit=many', undefined, admin);
    expect([odd.status, odd.body]).toMatchObject([422, { detail: [{ loc: ['query', 'limit'] }] }]);
  });

  it('answers what it does not have as FastAPI does', async () => {
    expectDetail(await call('GET', '/compat/qdash/nothing'), 404, 'Not Found');
    const wrong = await call('GET', '/compat/qdash/auth/login');
    expectDetail(wrong, 405, 'Method Not Allowed');
    expect(wrong.headers.get('allow')).toBe('POST');
  });
});
