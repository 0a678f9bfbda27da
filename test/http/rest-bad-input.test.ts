import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { exchange, expectTidy, type WireRequest } from './wire.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const LOGIN = '/compat/quazzar-os/api/auth/login';
const CREDENTIALS = '{"username":"nobody","password":"nothing"}';

const post = (body: string, headers: Record<string, string> = JSON_TYPE): WireRequest => ({
  method: 'POST',
  path: LOGIN,
  headers,
  body,
});
const NO_JSON = 'Send the request body as JSON (application/json).';

describe('a REST path', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());
  afterEach(async () => {
    expect(await exchange(app.url, { path: '/healthz' })).toMatchObject({ status: 200 });
    expect(app.logged).toEqual([]);
  });

  it.each<[string, WireRequest, number, string]>([
    ['malformed JSON', post('{"username":'), 400, 'The request body is not valid JSON.'],
    ['a list', post('[]'), 422, 'the request body must be a JSON object'],
    ['a string', post('"x"'), 422, 'the request body must be a JSON object'],
    ['null', post('null'), 422, 'the request body must be a JSON object'],
    ['text/plain', post(CREDENTIALS, { 'content-type': 'text/plain' }), 415, NO_JSON],
    ['no content type', post(CREDENTIALS, {}), 415, NO_JSON],
    ['a form', post('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 415, NO_JSON],
    [
      'a multipart form',
      post('x', { 'content-type': 'multipart/form-data; boundary=x' }),
      415,
      NO_JSON,
    ],
    ['PUT', { method: 'PUT', path: LOGIN }, 405, 'That method is not allowed here.'],
    ['TRACE', { method: 'TRACE', path: LOGIN }, 405, 'That method is not allowed here.'],
    ['OPTIONS', { method: 'OPTIONS', path: LOGIN }, 405, 'That method is not allowed here.'],
    ['an unknown path', { path: '/compat/quazzar-os/x' }, 404, 'There is no such thing here.'],
  ])('refuses %s', async (_what, request, status, error) => {
    const answer = await exchange(app.url, request);
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
    expect(answer.headers['allow']).toBe(status === 405 ? 'POST' : undefined);
    expectTidy(answer);
  });

  it('names the fields that are missing or of another type', async () => {
    const answer = await exchange(app.url, post('{"username":1}'));
    expect(answer.status).toBe(422);
    expect(answer.body).toEqual({
      error: expect.stringMatching(/^username: .+; password: .+$/) as string,
    });
    expectTidy(answer);
  });

  it.each(['//', '/%zz', '/compat/nobody/x', '/index.php?<script>', '/..%2f..%2fetc/passwd'])(
    'answers nothing at %s',
    async (path) => {
      const answer = await exchange(app.url, { path });
      expect(answer).toMatchObject({
        status: 404,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
        body: { code: 'NOT_FOUND', requestId: answer.headers['x-request-id'] },
      });
      expectTidy(answer);
    },
  );

  it.each(['a b', '['])('refuses Host: %s', async (host) => {
    const answer = await exchange(app.url, { path: LOGIN, headers: { host } });
    expect(answer.status).toBe(421);
    expectTidy(answer);
  });
});
