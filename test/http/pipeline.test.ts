import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearerToken, opaqueCookie } from '../../src/authentication/authenticate.ts';
import { AppError, ERRORS } from '../../src/core/errors.ts';
import { createConnections } from '../../src/doors/http/connections.ts';
import { createEdge } from '../../src/doors/http/edge.ts';
import { type Endpoint, jsonReply, pageEndpoint } from '../../src/doors/http/endpoint.ts';
import { createStreamSender } from '../../src/doors/http/event-stream.ts';
import { createPipeline } from '../../src/doors/http/pipeline.ts';
import { createRoutes } from '../../src/doors/http/routes.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { setUpAdmin } from '../support/people.ts';
import { exchange, expectTidy, type WireRequest } from './wire.ts';

const route = { door: 'new', route: '/new' };
const FOREIGN = { origin: 'https://evil.example.com', 'sec-fetch-site': 'cross-site' };

/** A door that knows nothing but its rows. */
const NEW_DOOR: readonly Endpoint[] = [
  {
    methods: ['POST'],
    path: '/new/:name',
    route,
    strategies: [bearerToken],
    readsBody: true,
    answer: ({ actor }, { params, body }) =>
      jsonReply(201, { caller: actor.kind, name: params['name'], body: body?.toString() }),
    failure: ({ code }) => jsonReply(ERRORS[code].status, { new: code }),
  },
  {
    methods: ['GET'],
    path: '/new/cookie',
    cookie: 'new',
    strategies: [opaqueCookie],
    answer: ({ actor }) => jsonReply(200, { caller: actor.kind }),
  },
  pageEndpoint('/new/slow', () => new Promise(() => undefined)),
  pageEndpoint('/new/broken', () => {
    throw new Error('a secret');
  }),
  {
    ...pageEndpoint('/new/speechless', () => {
      throw new AppError('FORBIDDEN');
    }),
    failure: () => {
      throw new Error('a secret');
    },
  },
];

describe('a new door', () => {
  let app: TestApp;
  let url: string;
  let token: string;
  const server = createServer();
  beforeAll(async () => {
    app = await startApp({ env: { REQUEST_SECONDS: '1', METRICS: 'off' } });
    token = (await setUpAdmin(app)).accessToken;
    const { services } = app;
    const edge = createEdge(services);
    const serve = createPipeline(services, {
      admit: edge.admit,
      edge,
      find: createRoutes(NEW_DOOR),
      streams: createStreamSender(services, createConnections(services)),
      closing: { begin: () => undefined, end: () => undefined },
    });
    server.on('request', (req, res) => void serve(req, res));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    await app.close();
  });

  const send = async (request: WireRequest) => {
    const answer = await exchange(url, request);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'x-request-id': expect.any(String) as string,
    });
    expectTidy(answer);
    return answer;
  };
  const post = (path: string, headers = {}, body = 'text') =>
    send({ method: 'POST', path, headers, body });

  it('is given the caller, the parameters and the body', async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect(await post('/new/a%20b?c', headers)).toMatchObject({
      status: 201,
      body: { caller: 'user', name: 'a b', body: 'text' },
    });
    expect((await post('/new/x')).body).toMatchObject({ caller: 'anonymous' });
  });

  it.each(['//new/x', '/n%65w/x'])('is at no other path: %s', async (path) => {
    expect((await post(path)).status).toBe(404);
  });

  it('has its own words for every error', async () => {
    expect((await post('/new/x', FOREIGN)).body).toEqual({ new: 'CROSS_SITE_REQUEST' });
    const large = 'x'.repeat(1024 * 1024 + 1);
    expect((await post('/new/x', {}, large)).body).toEqual({ new: 'BODY_TOO_LARGE' });
    expect(await send({ method: 'PUT', path: '/new/x' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { new: 'METHOD_NOT_ALLOWED' },
    });
  });

  it('refuses its cookie to a page of another site by GET too', async () => {
    const get = (headers: object) => send({ path: '/new/cookie', headers: { ...headers } });
    expect((await get(FOREIGN)).body).toEqual({ caller: 'anonymous' });
    expect((await get({ cookie: 'new=x' })).status).toBe(200);
    expect((await get({ ...FOREIGN, cookie: 'new=x' })).body).toMatchObject({
      code: 'CROSS_SITE_REQUEST',
    });
  });

  it('answers in time', async () => {
    expect(await send({ path: '/new/slow' })).toMatchObject({
      status: 504,
      body: { code: 'TIMED_OUT' },
    });
  });

  it.each(['/new/broken', '/new/speechless'])(
    'tells no cause of an error of its own: %s',
    async (path) => {
      const { status, text, body } = await send({ path });
      expect([status, body]).toMatchObject([500, { code: 'INTERNAL_SERVER_ERROR' }]);
      expect(text).not.toContain('secret');
    },
  );

  it('answers HEAD as GET, without the body', async () => {
    const { headers } = await send({ path: '/new/broken' });
    const asked = await send({ method: 'HEAD', path: '/new/broken' });
    expect([asked.status, asked.text]).toEqual([500, '']);
    expect(asked.headers['content-length']).toBe(headers['content-length']);
  });
});
