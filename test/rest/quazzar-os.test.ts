import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';

const CREDENTIALS = { username: 'admin', password: 'YourSecurePassword123' };
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

describe.each(providers)('quazzar-os on %s', (provider) => {
  describe.each(['', '/compat/quazzar-os'])('at "%s"', (base) => {
    let app: TestApp;
    let tokens: { access_token: string; refresh_token: string };

    beforeAll(async () => {
      app = await startApp({ provider });
    });
    afterAll(() => app.close());

    const post = (path: string, body: unknown, token?: string) =>
      app.rest('POST', base + path, { body, ...(token !== undefined && { token }) });

    it('POST /api/auth/setup makes the administrator', async () => {
      const answer = await post('/api/auth/setup', CREDENTIALS);
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual({
        message: 'Setup complete',
        user: {
          id: expect.stringMatching(/^usr_[0-9a-f]{32}$/) as string,
          username: 'admin',
          created_at: '2026-01-31T09:30:00Z',
        },
      });
    });

    it('POST /api/auth/setup answers 409 once there is a user', async () => {
      const answer = await post('/api/auth/setup', CREDENTIALS);
      expect(answer.status).toBe(409);
      expect(answer.body).toEqual({ error: 'Setup is done already. Sign in instead.' });
    });

    it('POST /api/auth/login answers a token pair', async () => {
      const answer = await post('/api/auth/login', CREDENTIALS);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toEqual({
        access_token: expect.stringMatching(JWT) as string,
        refresh_token: expect.stringMatching(JWT) as string,
        token_type: 'bearer',
      });
      tokens = answer.body as typeof tokens;
    });

    it('POST /api/auth/login answers 401 for a wrong password', async () => {
      const answer = await post('/api/auth/login', { ...CREDENTIALS, password: 'wrong' });
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({ error: 'Invalid username or password.' });
    });

    it('POST /api/auth/login answers 422 that names the missing field', async () => {
      const answer = await post('/api/auth/login', { username: 'admin' });
      expect(answer.status).toBe(422);
      expect((answer.body as { error: string }).error).toContain('password');
    });

    it('GET /api/auth/me answers the user', async () => {
      const answer = await app.rest('GET', `${base}/api/auth/me`, { token: tokens.access_token });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        id: expect.stringMatching(/^usr_/) as string,
        username: 'admin',
        created_at: '2026-01-31T09:30:00Z',
        totp_enabled: false,
        role: 'admin',
      });
    });

    it('GET /api/auth/me answers 401 without a token, and no error code with it', async () => {
      const answer = await app.rest('GET', `${base}/api/auth/me`);
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({ error: 'Sign in first.' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    });

    it('POST /api/auth/refresh answers a new pair', async () => {
      const answer = await post('/api/auth/refresh', { refresh_token: tokens.refresh_token });
      expect(answer.status).toBe(200);
      const pair = answer.body as typeof tokens;
      expect(pair.refresh_token).not.toBe(tokens.refresh_token);
      tokens = pair;
    });

    it('POST /api/auth/refresh answers 401 for anything else', async () => {
      const answer = await post('/api/auth/refresh', { refresh_token: 'nothing' });
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({ error: 'Invalid or expired refresh token.' });
    });

    it('POST /api/auth/change-password wants the current one', async () => {
      const path = '/api/auth/change-password';
      const wrong = { current_password: 'no', new_password: 'NewSecurePassword456' };
      expect(await post(path, wrong, tokens.access_token)).toMatchObject({
        status: 401,
        body: { error: 'The current password is not right.' },
      });
      const short = { current_password: CREDENTIALS.password, new_password: 'short' };
      expect(await post(path, short, tokens.access_token)).toMatchObject({ status: 422 });

      const right = { ...short, new_password: 'NewSecurePassword456' };
      const changed = await post(path, right, tokens.access_token);
      expect(changed.status).toBe(200);
      expect(changed.body).toEqual({ message: 'Password changed successfully' });

      const login = (password: string) => post('/api/auth/login', { username: 'admin', password });
      expect((await login(CREDENTIALS.password)).status).toBe(401);
      expect((await login('NewSecurePassword456')).status).toBe(200);
    });

    it('tells a stranger with a bad body about the token, not about the body', async () => {
      const answer = await post('/api/auth/change-password', '{');
      expect(answer.status).toBe(401);
    });

    it('answers a wrong method with 405 and the right ones', async () => {
      const answer = await app.rest('DELETE', `${base}/api/auth/login`);
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
      expect(answer.body).toEqual({ error: 'That method is not allowed here.' });
    });
  });
});
