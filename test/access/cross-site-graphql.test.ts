import { describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { OAUTH_ENDPOINTS } from '../../src/doors/oauth/door.ts';
import { openRawWebSocket } from '../support/raw-web-socket.ts';
import {
  attacked,
  FOREIGN,
  FRIENDLY,
  JSON_TYPE,
  KINDS,
  OPENED,
  REFUSED,
  SIMPLE_TYPES,
} from './foreign.ts';
import { inputOf } from './inputs.ts';
import { documentFor } from './probe.ts';

const mutations = Object.values(schema.getMutationType()!.getFields());

describe('a page of another site', () => {
  const { app: appOf, world: worldOf, send, changesNothing } = attacked();

  it.each(mutations)('changes nothing by the mutation $name', async (field) => {
    const variables = await inputOf(field.name, worldOf(), 'systemAdmin');
    const query = documentFor('mutation', field, variables);
    const credentials = await worldOf().credentials('systemAdmin');
    const text = JSON.stringify({ query, variables });
    const request = {
      method: 'POST',
      path: '/graphql',
      headers: { ...credentials, ...JSON_TYPE },
      body: text,
    };
    const overGet = {
      method: 'GET',
      path: `/graphql?${String(new URLSearchParams({ query, variables: JSON.stringify(variables) }))}`,
      headers: credentials,
    };
    await changesNothing(async () => {
      const foreign = field === mutations[0] ? FOREIGN : KINDS;
      for (const headers of [...foreign, OPENED]) {
        for (const accept of ['application/json', 'text/event-stream']) {
          const { status, text } = await send(request, { ...headers, accept });
          expect([status, text]).toEqual([403, expect.stringContaining('CROSS_SITE_REQUEST')]);
        }
      }
      for (const headers of foreign) {
        const { status, text } = await send(overGet, headers);
        expect([status, text]).toEqual([403, expect.stringContaining('CROSS_SITE_REQUEST')]);
      }
      for (const headers of [{}, OPENED, ...FRIENDLY]) {
        expect((await send(overGet, headers)).status).toBe(405);
      }
      for (const type of SIMPLE_TYPES) {
        const { status } = await send({ ...request, headers: { ...credentials, ...type } });
        expect(status).toBe(415);
      }
    });
    for (const headers of [{}, ...FRIENDLY]) {
      expect((await send(request, headers)).text).not.toContain('CROSS_SITE_REQUEST');
    }
  });

  it.each(Object.keys(OAUTH_ENDPOINTS))('changes nothing by %s', async (path) => {
    const { authorization = '' } = await worldOf().credentials('systemAdmin');
    const request = {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${authorization.replace('Bearer ', '')}`,
    };
    await changesNothing(async () => {
      for (const headers of [...FOREIGN, OPENED]) {
        const { status, text } = await send(request, headers);
        expect([status, JSON.parse(text)]).toMatchObject([403, { error: 'invalid_request' }]);
      }
    });
    for (const headers of [{}, ...FRIENDLY]) {
      expect((await send(request, headers)).text).not.toMatch(REFUSED);
    }
  });

  it('opens no WebSocket and no event stream', async () => {
    const { authorization = '' } = await worldOf().credentials('systemAdmin');
    for (const path of ['/graphql', '/ws/status', '/compat/dumb/ws/status']) {
      for (const headers of FOREIGN) {
        const socket = await openRawWebSocket(appOf().url, { path, headers });
        const { status, text } = await socket.answer;
        expect([status, JSON.parse(text)]).toMatchObject([403, { code: 'CROSS_SITE_REQUEST' }]);
      }
      for (const headers of [{}, ...FRIENDLY]) {
        const socket = await openRawWebSocket(appOf().url, { path, headers });
        expect((await socket.answer).status).toBe(101);
        socket.end();
      }
    }
    const query = 'subscription { sessionRevoked { current } }';
    const path = `/graphql?${String(new URLSearchParams({ query }))}`;
    for (const accept of ['text/event-stream', 'multipart/mixed', '*/*']) {
      for (const headers of FOREIGN) {
        const request = { method: 'GET', path, headers: { accept, authorization } };
        expect((await send(request, headers)).status).toBe(403);
      }
    }
  });
});
