import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { setUpAdmin } from '../support/people.ts';

describe('what is not valid in the dialects of FastAPI', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const register = (body: unknown, headers: Record<string, string> = {}) =>
    app.rest('POST', '/compat/qdash/auth/register', { body, token, headers });

  it('comes back without the secrets that were sent with it', async () => {
    for (const username of [7, { password: 'Tr0ub4dor&3 of mine' }, ['x'.repeat(5000)]]) {
      const answer = await register({ username, password: 'Tr0ub4dor&3 of mine' });
      expect(answer.status).toBe(422);
      expect(answer.text).not.toContain('Tr0ub4dor');
      expect(answer.text.length).toBeLessThan(1000);
    }
  });

  it('comes back without who referred somebody', async () => {
    const answer = await app.rest('POST', '/compat/lncrawl/api/auth/signup', {
      body: { referrer: ['Xk3vP9qLmZ'], email: 'new@example.com', password: 'a' },
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('referrer');
    expect(answer.text).not.toContain('Xk3vP9qLmZ');
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('comes back as nothing where %s are in it deeper than any stack', async (_what, open, end) => {
    const deep = `${open.repeat(19_000)}1${end.repeat(19_000)}`;
    const answer = await register(`{"username":${deep},"password":"x"}`);
    expect([answer.status, answer.body]).toMatchObject([
      422,
      { detail: [{ type: 'string_type', loc: ['body', 'username'], input: null }] },
    ]);
    expect(app.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each([
    ['JSON that is none', '{"username":', {}, 'json_invalid'],
    ['a list', [1], {}, 'model_attributes_type'],
    ['a text', '"x"', {}, 'model_attributes_type'],
    ['another type', 'username=x', { 'content-type': 'text/plain' }, 'model_attributes_type'],
  ])('is %s, said as FastAPI says it', async (_what, body, headers, type) => {
    const answer = await register(body, headers);
    expect([answer.status, answer.body]).toMatchObject([422, { detail: [{ type }] }]);
  });
});
