import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { codeOf, turnOnTotp, wrongCodeOf } from '../support/totp.ts';

const STEP = 30;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const TICKET = /^[\w-]{43}$/;

describe.each(providers)('the second factor over REST on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const post = (path: string, body: unknown, token?: string) =>
    app.rest('POST', path, { body, token });

  describe.each(['', '/compat/quazzar-os'])('quazzar-os at "%s"', (base) => {
    const name = `ann${base}`;
    let token: string;
    let secret: string;
    let recoveryCodes: string[];
    beforeAll(async () => {
      token = (await registerUser(app, name)).accessToken;
    });

    const login = () => post(`${base}/api/auth/login`, { username: name, password: PASSWORD });
    const verify = (body: object, bearer?: string) =>
      post(`${base}/api/auth/totp/verify`, body, bearer);
    const me = async () =>
      (await app.rest('GET', `${base}/api/auth/me`, { token })).body as { totp_enabled: boolean };
    const ticket = async () => {
      const { status, body } = await login();
      expect(status).toBe(200);
      expect(body).toEqual({
        totp_required: true,
        temp_token: expect.stringMatching(TICKET) as string,
      });
      return (body as { temp_token: string }).temp_token;
    };

    it('POST /api/auth/totp/verify answers 400 while nothing is pending', async () => {
      expect(await verify({ code: '123456' }, token)).toMatchObject({
        status: 400,
        body: { error: 'There is no second factor to confirm.' },
      });
    });

    it('POST /api/auth/totp/enable answers what an app takes', async () => {
      const { status, body } = await post(`${base}/api/auth/totp/enable`, undefined, token);
      expect(status).toBe(200);
      expect(body).toEqual({
        provisioning_uri: expect.stringMatching(/^otpauth:\/\/totp\//) as string,
        secret: expect.stringMatching(/^[A-Z2-7]{32}$/) as string,
        qr_code: expect.stringMatching(/^data:image\/png;base64,/) as string,
      });
      ({ secret } = body as { secret: string });
      expect((await me()).totp_enabled).toBe(false);
    });

    it('POST /api/auth/totp/verify with the bearer token answers recovery codes', async () => {
      const wrong = await verify({ code: wrongCodeOf(app, secret) }, token);
      expect(wrong).toMatchObject({
        status: 401,
        body: { error: 'That code is not right, or was used before.' },
      });
      const { status, body } = await verify({ code: codeOf(app, secret) }, token);
      expect(status).toBe(200);
      expect(body).toEqual({
        message: 'TOTP enabled',
        recovery_codes: expect.any(Array) as string[],
      });
      recoveryCodes = (body as { recovery_codes: string[] }).recovery_codes;
      expect(recoveryCodes).toHaveLength(10);
      expect((await me()).totp_enabled).toBe(true);
    });

    it('POST /api/auth/totp/enable answers 409 once it is on', async () => {
      const { status } = await post(`${base}/api/auth/totp/enable`, undefined, token);
      expect(status).toBe(409);
    });

    it('POST /api/auth/totp/verify with the ticket of a login answers a token pair', async () => {
      app.clock.step(STEP);
      const code = codeOf(app, secret);
      const temp_token = await ticket();
      const wrong = await verify({ temp_token, code: wrongCodeOf(app, secret) });
      expect(wrong.status).toBe(401);
      const { status, body } = await verify({ temp_token, code });
      expect(status).toBe(200);
      expect(body).toEqual({
        access_token: expect.stringMatching(JWT) as string,
        refresh_token: expect.stringMatching(JWT) as string,
        token_type: 'bearer',
      });
      const again = await verify({ temp_token, code: codeOf(app, secret, 1) });
      expect(again).toMatchObject({
        status: 401,
        body: { error: 'This sign-in took too long or was tried too often. Start again.' },
      });
      expect((await verify({ temp_token: await ticket(), code })).status).toBe(401);
    });

    it('POST /api/auth/totp/verify takes a recovery code', async () => {
      const answer = await verify({ temp_token: await ticket(), code: recoveryCodes[0] });
      expect(answer.status).toBe(200);
    });

    it('POST /api/auth/totp/verify answers 401 to nobody with nothing, 422 without a code', async () => {
      expect((await verify({ code: '123456' })).status).toBe(401);
      expect((await verify({}, token)).status).toBe(422);
    });
  });

  describe('dukatia, which knows none', () => {
    let secret: string;
    beforeAll(async () => {
      const { accessToken } = await registerUser(app, 'Bobby');
      ({ secret } = await turnOnTotp(app, accessToken));
      app.clock.step(STEP);
    });
    const login = () => post('/api/v1/login', { name: 'Bobby', secret: PASSWORD });

    it('POST /api/v1/login refuses in its own shape, sets no cookie, and says how to go on', async () => {
      const answer = await login();
      expect(answer.status).toBe(400);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.body).toEqual({
        error: expect.stringContaining('a second factor is required') as string,
        totp_required: true,
        temp_token: expect.stringMatching(TICKET) as string,
      });
    });

    it('POST /api/v1/totp/verify completes it, as a login', async () => {
      const { temp_token } = (await login()).body as { temp_token: string };
      const wrong = await post('/api/v1/totp/verify', {
        temp_token,
        code: wrongCodeOf(app, secret),
      });
      expect(wrong).toMatchObject({
        status: 400,
        body: { error: 'That code is not right, or was used before.' },
      });
      const answer = await post('/api/v1/totp/verify', { temp_token, code: codeOf(app, secret) });
      expect(answer.status).toBe(200);
      const { access_token, first_login } = answer.body as Record<string, unknown>;
      expect(access_token).toMatch(/^[0-9a-f]{128}$/);
      expect(first_login).toBe(false);
      expect(answer.headers.get('set-cookie')).toContain(`access_token=${String(access_token)};`);
      const me = await app.rest('GET', '/api/v1/users/me', {
        headers: { cookie: `access_token=${String(access_token)}` },
      });
      expect(me.status).toBe(200);
    });

    it('POST /api/v1/login answers a wrong secret as ever', async () => {
      const answer = await post('/api/v1/login', { name: 'Bobby', secret: 'wrong' });
      expect([answer.status, answer.text]).toEqual([
        400,
        '{"error":"the given credentials are invalid"}',
      ]);
    });

    it('takes a ticket at the door that gave it out or at another, once', async () => {
      const { temp_token } = (await login()).body as { temp_token: string };
      app.clock.step(2 * STEP);
      const code = codeOf(app, secret);
      const there = await post('/api/auth/totp/verify', { temp_token, code });
      expect(there.status).toBe(200);
      const here = await post('/api/v1/totp/verify', { temp_token, code: codeOf(app, secret, 1) });
      expect(here.status).toBe(400);
    });
  });
});
