import { describe, expect, it, onTestFinished } from 'vitest';
import { PASSWORD } from '../support/people.ts';
import { startInProduction } from '../support/production.ts';

const WRONG = 'no token that was ever printed';
const CREDENTIALS = { username: 'admin', password: PASSWORD };

describe.each([
  ['dumb', '/api/auth/setup', ['detail'], 200],
  ['quazzar-os', '/api/auth/setup', ['error'], 201],
  ['union', '/api/auth/setup', ['detail', 'error'], 201],
  ['dumb', '/api/auth/skip-setup', ['detail'], 200],
  ['union', '/api/auth/skip-setup', ['detail', 'error'], 200],
] as const)('%s POST %s in production', (dialect, path, fields, done) => {
  it('wants the header Setup-Token, and says so in its own words', async () => {
    const app = await startInProduction({ env: { ALLOW_AUTH_DISABLE: 'true' } });
    onTestFinished(() => app.close());
    const ask = async (headers = {}) => {
      const url = `/compat/${dialect}${path}`;
      const { status, body } = await app.rest('POST', url, { body: CREDENTIALS, headers });
      return [status, body];
    };
    const refusal = (text: RegExp) => [
      403,
      Object.fromEntries(fields.map((field) => [field, expect.stringMatching(text) as string])),
    ];
    expect(await ask()).toEqual(refusal(/one-time token .* header Setup-Token/));
    expect(await ask({ 'Setup-Token': WRONG })).toEqual(
      refusal(/setup token is not the right one/),
    );
    expect(await app.services.db.prisma.user.count()).toBe(0);
    expect((await ask({ 'Setup-Token': app.token }))[0]).toBe(done);
  });
});
