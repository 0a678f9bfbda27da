import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin, signIn } from '../support/people.ts';
import { codeOf, wrongCodeOf } from '../support/totp.ts';

const JANE = { email: 'jane@example.com', password: 'SecureP@ssw0rd for Jane', name: 'Jane Doe' };
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const STEP = 30;

describe.each(providers)('quazzar-panel on %s', (provider) => {
  let app: TestApp;
  let token: string;
  let refreshToken: string;
  let tenantId: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const call = (method: string, path: string, body?: unknown, bearer?: string) =>
    app.rest(method, `/compat/quazzar-panel/api/auth${path}`, {
      ...(body !== undefined && { body }),
      token: bearer,
    });
  const post = (path: string, body?: unknown, bearer?: string) => call('POST', path, body, bearer);
  const login = (password = JANE.password) => post('/login', { email: JANE.email, password });
  const jane = () => ({
    id: expect.stringMatching(/^usr_[0-9a-f]{32}$/) as string,
    email: JANE.email,
    name: 'Jane Doe',
    tenant_id: expect.stringMatching(/^ten_[0-9a-f]{32}$/) as string,
    created_at: '2026-01-31T09:30:00Z',
  });

  it('POST /api/auth/register makes an account in a tenant of its own, without tokens', async () => {
    const answer = await post('/register', JANE);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual(jane());
    tenantId = (answer.body as { tenant_id: string }).tenant_id;
    const other = await post('/register', { ...JANE, email: 'joe@example.com' });
    expect((other.body as { tenant_id: string }).tenant_id).not.toBe(tenantId);
  });

  it('POST /api/auth/register answers 409 for an address that is taken', async () => {
    expect(await post('/register', { ...JANE, email: 'JANE@example.com' })).toMatchObject({
      status: 409,
      body: { error: 'That e-mail address is taken.' },
    });
  });

  it.each([
    ['email', { password: JANE.password, name: 'Jane' }],
    ['email', { ...JANE, email: 'not an address' }],
    ['password', { email: 'new@example.com', name: 'Jane' }],
  ])('POST /api/auth/register answers 422 that names %s', async (field, body) => {
    const answer = await post('/register', body);
    expect(answer.status).toBe(422);
    expect((answer.body as { error: string }).error).toMatch(new RegExp(`^${field}: `));
  });

  it('POST /api/auth/login answers a pair and the tenant', async () => {
    const answer = await login();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(JWT) as string,
      refresh_token: expect.stringMatching(JWT) as string,
      token_type: 'bearer',
      tenant_id: tenantId,
    });
    ({ access_token: token, refresh_token: refreshToken } = answer.body as Record<
      string,
      string
    > & {
      access_token: string;
      refresh_token: string;
    });
  });

  it.each([
    ['a wrong password', JANE.email, 'wrong'],
    ['an unknown address', 'nobody@example.com', JANE.password],
  ])('POST /api/auth/login answers 401 for %s', async (_case, email, password) => {
    expect(await post('/login', { email, password })).toMatchObject({
      status: 401,
      body: { error: 'Invalid username or password.' },
    });
  });

  it('GET /api/auth/me answers the person in their tenant', async () => {
    const answer = await call('GET', '/me', undefined, token);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...jane(), tenant_id: tenantId, totp_enabled: false });
  });

  it.each(['', 'qzr_0123456789abcdef0123456789abcdef'])(
    'answers 401 to "%s" instead of a token: the document knows no API keys',
    async (bearer) => {
      for (const [method, path] of [
        ['GET', '/me'],
        ['PUT', '/profile'],
        ['POST', '/change-password'],
        ['POST', '/totp/enable'],
      ] as const) {
        const answer = await call(method, path, undefined, bearer === '' ? undefined : bearer);
        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
    },
  );

  it('PUT /api/auth/profile changes the name, and nothing else', async () => {
    const body = { name: 'Jane Smith', email: 'other@example.com' };
    const answer = await call('PUT', '/profile', body, token);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...jane(), name: 'Jane Smith', totp_enabled: false });
    expect((await call('PUT', '/profile', {}, token)).status).toBe(422);
    await call('PUT', '/profile', { name: 'Jane Doe' }, token);
  });

  it('POST /api/auth/refresh answers a new pair, and 401 for anything else', async () => {
    const answer = await post('/refresh', { refresh_token: refreshToken });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(JWT) as string,
      refresh_token: expect.stringMatching(JWT) as string,
      token_type: 'bearer',
    });
    expect((await post('/refresh', { refresh_token: 'nothing' })).status).toBe(401);
  });

  it('POST /api/auth/change-password wants the current one', async () => {
    const wrong = { current_password: 'OldPassword', new_password: 'NewSecurePassword of Jane' };
    expect((await post('/change-password', wrong, token)).status).toBe(401);
    const right = { ...wrong, current_password: JANE.password };
    expect(await post('/change-password', right, token)).toMatchObject({
      status: 200,
      body: { message: 'Password changed successfully' },
    });
    expect((await login()).status).toBe(401);
    const back = { current_password: right.new_password, new_password: JANE.password };
    expect((await post('/change-password', back, token)).status).toBe(200);
  });

  it('takes a second factor, and asks for it from then on', async () => {
    const { body } = await post('/totp/enable', undefined, token);
    const { secret } = body as { secret: string };
    const enabled = await post('/totp/verify', { code: codeOf(app, secret) }, token);
    expect(enabled.status).toBe(200);
    expect((enabled.body as { recovery_codes: string[] }).recovery_codes.length).toBeGreaterThan(5);
    app.clock.step(STEP);

    const asked = await login();
    expect(asked.status).toBe(200);
    const { temp_token } = asked.body as { temp_token: string };
    expect(asked.body).toEqual({ totp_required: true, temp_token });
    const wrong = await post('/totp/verify', { temp_token, code: wrongCodeOf(app, secret) });
    expect(wrong.status).toBe(401);
    const done = await post('/totp/verify', { temp_token, code: codeOf(app, secret) });
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({ token_type: 'bearer', tenant_id: tenantId });
    const { access_token } = done.body as { access_token: string };
    expect((await call('GET', '/me', undefined, access_token)).body).toMatchObject({
      totp_enabled: true,
    });
  });

  it('keeps the tenants of two people apart at GraphQL too', async () => {
    const { accessToken } = await signIn(app, 'joe@example.com', JANE.password);
    const uuid = tenantId.replace(/^ten_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const query = `{ tenant(id: "${uuid}") { id } }`;
    const answer = await app.rest('POST', '/graphql', { body: { query }, token: accessToken });
    expect(answer.body).toEqual({ data: { tenant: null } });
  });
});
