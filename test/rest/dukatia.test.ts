import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe.each(providers)('dukatia on %s', (provider) => {
  describe('at the documented paths', () => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp({ provider });
      await setUpAdmin(app, 'Bobby');
    });
    afterAll(() => app.close());

    const login = (name: string, secret = 'correct horse battery') =>
      app.rest('POST', '/api/v1/login', { body: { name, secret } });
    const withCookie = (token: string, headers: Record<string, string> = {}) => ({
      headers: { cookie: `theme=dark; access_token=${token}`, ...headers },
    });
    const tokenOf = (answer: { body: unknown }) =>
      (answer.body as { access_token: string }).access_token;

    it('POST /api/v1/login answers an opaque token, and sets it as a cookie', async () => {
      const answer = await login('Bobby');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        access_token: expect.stringMatching(/^[0-9a-f]{128}$/) as string,
        user_id: expect.stringMatching(UUID) as string,
        first_login: false,
      });
      expect(answer.text).not.toContain('": ');
      expect(answer.headers.get('set-cookie')).toBe(
        `access_token=${tokenOf(answer)}; Path=/; HttpOnly; SameSite=Strict`,
      );
    });

    it.each([
      ['an unknown name', 'Nobody', 'correct horse battery'],
      ['a wrong secret', 'Bobby', 'wrong'],
    ])('POST /api/v1/login answers 400 for %s', async (_case, name, secret) => {
      const answer = await login(name, secret);
      expect(answer.status).toBe(400);
      expect(answer.text).toBe('{"error":"the given credentials are invalid"}');
    });

    it('POST /api/v1/login answers the same 400 for somebody who is not active', async () => {
      const { user } = await registerUser(app, 'Dora');
      await app.services.db.prisma.user.update({
        where: { id: user.id },
        data: { disabled: true },
      });
      const answer = await login('Dora');
      expect([answer.status, answer.text]).toEqual([
        400,
        '{"error":"the given credentials are invalid"}',
      ]);
    });

    it.each(['POST', 'GET'])('%s /api/v1/users/me answers exactly seven keys', async (method) => {
      const signedIn = await login('Bobby');
      const me = await app.rest(method, '/api/v1/users/me', withCookie(tokenOf(signedIn)));
      expect(me.status).toBe(200);
      expect(me.body).toEqual({
        id: (signedIn.body as { user_id: string }).user_id,
        name: 'Bobby',
        secret: null,
        encrypted_secret: null,
        superuser: true,
        active: true,
        last_logon: '2026-01-31T09:30:00.000Z',
      });
    });

    it('answers 401 without the cookie and with a dead one', async () => {
      const without = await app.rest('POST', '/api/v1/users/me');
      expect([without.status, without.text]).toEqual([
        401,
        '{"error":"cookie access_token not set"}',
      ]);
      const dead = await app.rest('POST', '/api/v1/users/me', withCookie('f'.repeat(128)));
      expect([dead.status, dead.text]).toEqual([
        401,
        '{"error":"specified item of type user not found with filter access_token"}',
      ]);
    });

    it('POST /api/v1/logout kills the token and answers an empty JSON body', async () => {
      const token = tokenOf(await login('Bobby'));
      const out = await app.rest('POST', '/api/v1/logout', withCookie(token));
      expect([out.status, out.text]).toEqual([200, '']);
      expect(out.headers.get('content-type')).toBe('application/json');
      expect(out.headers.get('set-cookie')).toContain('access_token=; Max-Age=0');
      const after = await app.rest('POST', '/api/v1/users/me', withCookie(token));
      expect(after.status).toBe(401);
    });

    it('refuses a page of another site that sends the cookie along', async () => {
      const token = tokenOf(await login('Bobby'));
      const crossSite = [
        { 'sec-fetch-site': 'cross-site' },
        { origin: 'http://evil.test' },
        { origin: 'null' },
      ];
      for (const headers of crossSite) {
        const out = await app.rest('POST', '/api/v1/logout', withCookie(token, headers));
        expect(out.status).toBe(400);
      }
      const own = withCookie(token, { origin: 'http://vestibule.test' });
      expect((await app.rest('POST', '/api/v1/logout', own)).status).toBe(200);
    });

    it('ends a token that was not used for thirty days, and any after ninety', async () => {
      const days = 24 * 60 * 60;
      const [used, unused] = [tokenOf(await login('Bobby')), tokenOf(await login('Bobby'))];
      const status = async (token: string) => {
        const me = await app.rest('GET', '/api/v1/users/me', withCookie(token));
        return me.status;
      };
      for (let day = 20; day < 90; day += 20) {
        app.clock.step(20 * days);
        expect(await status(used)).toBe(200);
      }
      expect(await status(unused)).toBe(401);
      app.clock.step(10 * days);
      expect(await status(used)).toBe(401);
    });

    it('keeps only a hash of the token', async () => {
      const token = tokenOf(await login('Bobby'));
      const sessions = await app.services.db.prisma.session.findMany();
      expect(JSON.stringify(sessions)).not.toContain(token);
    });

    it('marks the cookie Secure where the server is reached over TLS', async () => {
      const tls = await startApp({ provider, env: { PUBLIC_URL: 'https://vestibule.test' } });
      try {
        await setUpAdmin(tls, 'Bobby');
        const body = { name: 'Bobby', secret: 'correct horse battery' };
        const answer = await tls.rest('POST', '/api/v1/login', { body });
        expect(answer.headers.get('set-cookie')).toContain('; Secure');
      } finally {
        await tls.close();
      }
    });

    it('says first_login when nobody had ever signed in', async () => {
      const fresh = await startApp({ provider });
      try {
        await fresh.rest('POST', '/api/auth/setup', {
          body: { username: 'Bobby', password: 'correct horse battery' },
        });
        const body = { name: 'Bobby', secret: 'correct horse battery' };
        const answers = [
          await fresh.rest('POST', '/api/v1/login', { body }),
          await fresh.rest('POST', '/api/v1/login', { body }),
        ];
        expect(
          answers.map((answer) => (answer.body as { first_login: boolean }).first_login),
        ).toEqual([true, false]);
      } finally {
        await fresh.close();
      }
    });
  });
});
