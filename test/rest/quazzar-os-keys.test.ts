import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';

describe.each(providers)('quazzar-os on %s', (provider) => {
  describe.each(['', '/compat/quazzar-os'])('at "%s"', (base) => {
    let app: TestApp;
    let token: string;
    let made: { id: string; key: string };

    beforeAll(async () => {
      app = await startApp({ provider });
      token = (await setUpAdmin(app)).accessToken;
    });
    afterAll(() => app.close());

    const ask = (method: string, path: string, bearer?: string, body?: object) =>
      app.rest(method, base + path, {
        token: bearer,
        ...(body && { body }),
      });

    it('POST /api/keys makes a key for exactly as many days', async () => {
      const body = { name: 'CI Pipeline Key', expires_in_days: 90 };
      const answer = await ask('POST', '/api/keys', token, body);
      expect(answer.status).toBe(201);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.body).toEqual({
        id: expect.stringMatching(/^key_[0-9a-f]{32}$/) as string,
        name: 'CI Pipeline Key',
        key: expect.stringMatching(/^qzr_[0-9A-Za-z]{36}$/) as string,
        created_at: '2026-01-31T09:30:00Z',
        expires_at: '2026-05-01T09:30:00Z',
      });
      made = answer.body as typeof made;
    });

    it('POST /api/keys makes one that lasts where no days are named', async () => {
      const answer = await ask('POST', '/api/keys', token, { name: 'lasting' });
      expect(answer.body).toMatchObject({ name: 'lasting', expires_at: null });
    });

    it.each([
      [{}, /^name: /],
      [{ name: '' }, /^name: must not be empty$/],
      [{ name: 'CI', expires_in_days: 0 }, /^expires_in_days: /],
      [{ name: 'CI', expires_in_days: 1.5 }, /^expires_in_days: /],
      [{ name: 'CI', expires_in_days: '90' }, /^expires_in_days: /],
    ])('POST /api/keys answers 422 to %j', async (body, error) => {
      const answer = await ask('POST', '/api/keys', token, body);
      expect(answer.status).toBe(422);
      expect((answer.body as { error: string }).error).toMatch(error);
    });

    it('takes a key as the bearer token', async () => {
      const answer = await ask('GET', '/api/auth/me', made.key);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ username: 'admin', role: 'admin' });
    });

    it('GET /api/keys lists them without the key, the newest first', async () => {
      const answer = await ask('GET', '/api/keys', token);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('qzr_');
      const byName = (answer.body as { name: string }[]).find(({ name }) => name !== 'lasting');
      expect(answer.body).toHaveLength(2);
      expect(byName).toEqual({
        id: made.id,
        name: 'CI Pipeline Key',
        created_at: '2026-01-31T09:30:00Z',
        expires_at: '2026-05-01T09:30:00Z',
      });
    });

    it('POST, GET and DELETE answer 403 to a key and 401 without a token', async () => {
      for (const [method, path] of [
        ['POST', '/api/keys'],
        ['GET', '/api/keys'],
        ['DELETE', `/api/keys/${made.id}`],
      ] as const) {
        const body = method === 'POST' ? { name: 'more' } : undefined;
        const { status, headers } = await ask(method, path, made.key, body);
        expect(status).toBe(403);
        expect(headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"');
        expect((await ask(method, path, undefined, body)).status).toBe(401);
      }
    });

    it('DELETE /api/keys/{id} answers 404 for what is no key, 204 once, and ends it', async () => {
      for (const id of ['key_abc123', `key_${'0'.repeat(32)}`, made.id.replace('key_', 'usr_')]) {
        const answer = await ask('DELETE', `/api/keys/${id}`, token);
        expect(answer.status).toBe(404);
        expect(answer.body).toEqual({ error: 'There is no such API key.' });
      }
      const answer = await ask('DELETE', `/api/keys/${made.id}`, token);
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect((await ask('GET', '/api/auth/me', made.key)).status).toBe(401);
      expect((await ask('DELETE', `/api/keys/${made.id}`, token)).status).toBe(404);
    });
  });
});
