import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exchange, expectTidy, type WireRequest } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const ASK = '{"query":"{__typename}"}';
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';

const post = (body: string, headers: Record<string, string> = JSON_TYPE): WireRequest => ({
  method: 'POST',
  path: '/graphql',
  headers,
  body,
});
const send = (query: string, variables: object = {}, headers: Record<string, string> = JSON_TYPE) =>
  post(JSON.stringify({ query, variables }), headers);
const accepting = (accept: string) => ({ ...JSON_TYPE, accept });
const get = (query: string): WireRequest => ({ path: `/graphql?${query}` });

describe('POST and GET /graphql', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());
  afterEach(async () => {
    expect(await exchange(app.url, post(ASK))).toMatchObject({
      status: 200,
      text: '{"data":{"__typename":"Query"}}',
    });
    expect(app.logged).toEqual([]);
  });

  it.each<[string, WireRequest, number, string]>([
    ['malformed JSON', post('{"query":'), 400, 'MALFORMED_BODY'],
    ['an empty body', post(''), 400, 'MALFORMED_BODY'],
    ['a string', post('"{__typename}"'), 400, 'MALFORMED_BODY'],
    ['null', post('null'), 400, 'MALFORMED_BODY'],
    ['a batch', post(`[${ASK}]`), 400, 'MALFORMED_BODY'],
    ['an empty batch', post('[]'), 400, 'MALFORMED_BODY'],
    ['no query', post('{}'), 400, 'MALFORMED_BODY'],
    ['a query that is a number', post('{"query":1}'), 400, 'MALFORMED_BODY'],
    [
      'variables that are a list',
      post(ASK.replace('{"', '{"variables":[1],"')),
      400,
      'MALFORMED_BODY',
    ],
    ['a member nobody knows', post(ASK.replace('{"', '{"batch":true,"')), 400, 'MALFORMED_BODY'],
    [
      'an unknown operation name',
      post(ASK.replace('{"', '{"operationName":"X","')),
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['text/plain', post(ASK, { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no content type', post(ASK, {}), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      post('query={__typename}', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a multipart form',
      post('--x--', { 'content-type': 'multipart/form-data; boundary=x' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'bare GraphQL',
      post('{__typename}', { 'content-type': 'application/graphql' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'JSON in UTF-16',
      post(ASK, { 'content-type': 'application/json; charset=utf-16' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['Accept: image/png', post(ASK, accepting('image/png')), 406, 'NOT_ACCEPTABLE'],
    ['Accept: text/html', post(ASK, accepting('text/html')), 406, 'NOT_ACCEPTABLE'],
    [
      'Accept of another charset',
      post(ASK, accepting('application/json; charset=latin1')),
      406,
      'NOT_ACCEPTABLE',
    ],
    [
      'Accept that forbids JSON',
      post(ASK, accepting('application/json;q=0')),
      406,
      'NOT_ACCEPTABLE',
    ],
    ['a GET without a query', { path: '/graphql' }, 400, 'MALFORMED_BODY'],
    [
      'a GET with malformed variables',
      get('query={__typename}&variables={'),
      400,
      'MALFORMED_BODY',
    ],
    ['a GET with a mutation', get('query=mutation{logout{__typename}}'), 405, 'METHOD_NOT_ALLOWED'],
    ['PUT', { method: 'PUT', path: '/graphql', body: ASK }, 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', { method: 'DELETE', path: '/graphql' }, 405, 'METHOD_NOT_ALLOWED'],
    ['OPTIONS', { method: 'OPTIONS', path: '/graphql' }, 405, 'METHOD_NOT_ALLOWED'],
    ['TRACE', { method: 'TRACE', path: '/graphql' }, 405, 'METHOD_NOT_ALLOWED'],
  ])('refuses %s', async (_what, request, status, code) => {
    const answer = await exchange(app.url, request);
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
      body: { errors: [{ message: expect.any(String) as string, extensions: { code } }] },
    });
    expect(answer.body).toEqual({ errors: [expect.anything()] });
    expect(answer.headers['allow'] !== undefined).toBe(status === 405);
    expectTidy(answer);
  });

  it.each<[string, WireRequest, string]>([
    ['a document that does not parse', send('{'), 'GRAPHQL_PARSE_FAILED'],
    ['an empty document', send(' '), 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', send('{ nothing }'), 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown argument', send('{ me(id: 1) { id } }'), 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown type', send('{ me { ... on Nothing { id } } }'), 'GRAPHQL_VALIDATION_FAILED'],
    [
      'an undeclared variable',
      send('{ users(first: $n) { totalCount } }'),
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'two anonymous operations',
      send('{ __typename } { __typename }'),
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a missing variable', send(LOGIN), 'BAD_USER_INPUT'],
    ['a variable of another type', send(LOGIN, { input: 1 }), 'BAD_USER_INPUT'],
    [
      'an unknown input field',
      send(LOGIN, { input: { username: 'a', password: 'b', x: 1 } }),
      'BAD_USER_INPUT',
    ],
    [
      'a null where none may be',
      send(LOGIN, { input: { username: null, password: 'b' } }),
      'BAD_USER_INPUT',
    ],
  ])(
    'answers %s with a code, and to a client of the newer media type with 400',
    async (_what, request, code) => {
      const older = await exchange(app.url, request);
      const newer = await exchange(app.url, {
        ...request,
        headers: accepting('application/graphql-response+json'),
      });
      expect(older.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(newer.headers['content-type']).toBe(
        'application/graphql-response+json; charset=utf-8',
      );
      expect(newer.status).toBe(400);
      expect([200, 400]).toContain(older.status);
      expect(newer.body).toEqual(older.body);
      expect(older.body).toMatchObject({ errors: [{ extensions: { code } }] });
      expect(older.body).not.toHaveProperty('data');
      expectTidy(older);
    },
  );

  it.each([
    ['a variable', send(LOGIN, { input: { username: 'a', password: 20260131 } })],
    ['a variable', send(LOGIN, { input: { username: 'a', password: { of: 'mine 20260131' } } })],
    ['a variable', send(LOGIN, { input: { username: 'a', password: '20260131', x: 1 } })],
    ['a variable', send(LOGIN, { input: ['20260131'] })],
  ])('does not send %s of another type back, which may be a password', async (_what, request) => {
    const answer = await exchange(app.url, request);
    expect(answer.body).toMatchObject({
      errors: [{ message: expect.stringMatching(/\.$/) as string }],
    });
    expect(answer.text).not.toContain('20260131');
  });

  it('answers a moment that is none as the fault of whoever sent it', async () => {
    const query =
      'query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { __typename } }';
    for (const since of ['', 'yesterday', {}, '2026-13-01', '2026-01-31', 1]) {
      const answer = await exchange(app.url, send(query, { filter: { since } }));
      expect(answer.body).toMatchObject({
        errors: [
          {
            message: 'DateTime must be a date and time (RFC 3339).',
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      });
    }
  });

  it('names every fault of an input with its path', async () => {
    const query = 'mutation { setup(input: { username: "a@b", password: "x" }) { __typename } }';
    const answer = await exchange(app.url, send(query));
    expect(answer.body).toEqual({
      data: null,
      errors: [
        {
          message: 'The input is not valid.',
          locations: [{ line: 1, column: 12 }],
          path: ['setup'],
          extensions: {
            code: 'BAD_USER_INPUT',
            issues: [{ path: ['username'], message: 'must not contain @ or invisible characters' }],
          },
        },
      ],
    });
  });

  it('answers a query that is sent by GET', async () => {
    const answer = await exchange(
      app.url,
      get('query=query($n:Int){users(first:$n){totalCount}}&variables={"n":1}'),
    );
    expect(answer.body).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect((await exchange(app.url, get('query={__typename}'))).text).toBe(
      '{"data":{"__typename":"Query"}}',
    );
  });

  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json', 'application/json'],
    ['Application/JSON', 'application/json'],
    ['application/json; q=0.5', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    [
      'application/graphql-response+json, application/json;q=0.9',
      'application/graphql-response+json',
    ],
    ['text/html, */*;q=0.1', 'application/json'],
  ])('answers Accept: %s in %s', async (accept, type) => {
    const headers = accept === undefined ? JSON_TYPE : accepting(accept);
    const answer = await exchange(app.url, post(ASK, headers));
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(answer.text).toBe('{"data":{"__typename":"Query"}}');
  });

  it.each([
    'application/json;charset=UTF-8',
    'APPLICATION/JSON',
    'application/json ; charset="utf-8"; x=1',
  ])('reads Content-Type: %s', async (type) => {
    const answer = await exchange(app.url, post(ASK, { 'content-type': type }));
    expect(answer.text).toBe('{"data":{"__typename":"Query"}}');
    const weighed = { 'content-type': type, accept: 'application/json;q=0.5' };
    expect((await exchange(app.url, post(ASK, weighed))).text).toBe(answer.text);
  });

  it.each(['/graphql/x', '/graphql/health', '/graphqlx'])('answers nothing at %s', async (path) => {
    const answer = await exchange(app.url, { path });
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});
