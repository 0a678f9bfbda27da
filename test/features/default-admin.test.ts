import { describe, expect, it } from 'vitest';
import { makeDefaultAdmin } from '../../src/features/setup/first-user.ts';
import { startApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';

describe.each(providers)('DEFAULT_ADMIN on %s', (provider) => {
  it('makes one administrator, who can do nothing but change the password', async () => {
    const app = await startApp({ provider, env: { DEFAULT_ADMIN: 'true' } });
    try {
      await Promise.all(Array.from({ length: 20 }, () => makeDefaultAdmin(app.services)));
      const at = (method: string, path: string, body?: object, token?: string) =>
        app.rest(method, `/compat/lncrawl/api/auth${path}`, { ...(body && { body }), token });
      const login = (password: string) => at('POST', '/login', { email: 'admin', password });

      const answer = await login('admin');
      expect([answer.status, answer.body]).toMatchObject([200, { user: { role: 'admin' } }]);
      const { token } = answer.body as { token: string };
      expect((await at('PUT', '/me/name', { name: 'Root' }, token)).status).toBe(403);
      const users = { query: '{ users { totalCount } }' };
      const { body } = await app.rest('POST', '/graphql', { body: users, token });
      expect(body).toMatchObject({
        errors: [{ extensions: { code: 'PASSWORD_CHANGE_REQUIRED' } }],
      });

      const change = (new_password: string) =>
        at('PUT', '/me/password', { old_password: 'admin', new_password }, token);
      expect((await change('admin')).status).toBe(422);
      expect((await change('correct horse battery')).text).toBe('true');
      expect((await at('PUT', '/me/name', { name: 'Root' }, token)).status).toBe(200);
      expect((await login('admin')).status).toBe(401);

      await makeDefaultAdmin(app.services);
      expect(await app.services.db.prisma.user.count()).toBe(1);
    } finally {
      await app.close();
    }
  });

  it('makes nobody where there is somebody, or where it is not set', async () => {
    for (const env of [{ DEFAULT_ADMIN: 'true' }, {}]) {
      const app = await startApp({ provider, env });
      try {
        if ('DEFAULT_ADMIN' in env) await setUpAdmin(app, 'root');
        await makeDefaultAdmin(app.services);
        const { user } = app.services.db.prisma;
        expect(await user.findFirst({ where: { username: 'admin' } })).toBeNull();
      } finally {
        await app.close();
      }
    }
  });
});
