import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAUTH_ENDPOINTS } from '../../src/doors/oauth/door.ts';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';
import { exchange, type WireRequest } from './wire.ts';

const CLIENT = { id: 'billing', secret: 'a secret of the billing service: long enough' };
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

/** A route of a dialect that looks into the database whoever calls. */
const routeOf = ({ name, rows }: (typeof DIALECTS)[number], token: string) => {
  const row = rows.find(({ path }) => /(login|auth\/status|sessions|me)$/.test(path)) ?? rows[0]!;
  const sent = { ...JSON_TYPE, authorization: `Bearer ${token}`, cookie: `access_token=${token}` };
  return {
    method: row.method,
    path: `/compat/${name}${row.path.replaceAll(/:\w+/g, 'x')}`,
    headers: sent,
    ...(row.method !== 'GET' && { body: JSON.stringify(row.example) }),
  };
};

/** Requests whose answer hangs on the database, one for each door. */
const requestsOf = (token: string): readonly (readonly [string, WireRequest])[] => {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
  const query = '{ users { totalCount } }';
  const body = JSON.stringify({ query });
  return [
    ['GraphQL by POST', { method: 'POST', path: '/graphql', headers, body }],
    ['GraphQL by GET', { path: `/graphql?query=${encodeURIComponent(query)}`, headers }],
    [
      'GraphQL by SSE',
      {
        method: 'POST',
        path: '/graphql',
        headers: { ...headers, accept: 'text/event-stream' },
        body: JSON.stringify({ query: 'subscription { sessionRevoked { current } }' }),
      },
    ],
    ...Object.keys(OAUTH_ENDPOINTS).map((path): [string, WireRequest] => [
      path,
      {
        method: 'POST',
        path,
        headers: FORM_TYPE,
        body: String(
          new URLSearchParams({ client_id: CLIENT.id, client_secret: CLIENT.secret, token }),
        ),
      },
    ]),
    ...DIALECTS.map((dialect): [string, WireRequest] => [dialect.name, routeOf(dialect, token)]),
    ['/readyz', { path: '/readyz' }],
  ];
};

describe.each(providers)('a request that waits for the database, on %s', (provider) => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    const env = {
      REQUEST_SECONDS: '2',
      DATABASE_POOL_SIZE: '1',
      INTROSPECTION_CLIENTS: `${CLIENT.id}:${CLIENT.secret}`,
    };
    app = await startApp({ provider, env });
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  it('is answered in time at every door', async () => {
    const answers = await app.services.db.prisma.$transaction(async (tx) => {
      await tx.user.count();
      const sent = requestsOf(token).map(async ([door, request]) => {
        const { status, headers, text } = await exchange(app.url, request);
        return [door, status, headers['content-type']?.split(';')[0], text] as const;
      });
      return Promise.all(sent);
    });
    const late = answers.filter(([, status]) => status === 504).map(([door]) => door);
    const early = answers.filter(([, status]) => status !== 504);
    expect(early).toEqual([]);
    expect(late).toHaveLength(answers.length);
    for (const [door, , type, text] of answers) {
      if (door === '/readyz')
        expect([type, text]).toEqual([
          'application/problem+json',
          expect.stringContaining('TIMED_OUT'),
        ]);
      else expect(type, door).toBe('application/json');
      if (door.startsWith('/oauth')) expect(text).toContain('"error":"temporarily_unavailable"');
      if (door.startsWith('GraphQL')) expect(text).toContain('"code":"TIMED_OUT"');
    }
    // What comes of the work after all is no fault.
    await expect.poll(async () => (await exchange(app.url, { path: '/readyz' })).status).toBe(200);
    expect(app.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
