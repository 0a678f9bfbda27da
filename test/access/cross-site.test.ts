import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { exampleRequest } from '../../src/doors/rest/reference/example-request.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { DISABLE_AUTH, SKIP_SETUP } from '../support/auth-switch-documents.ts';
import { providers } from '../support/database.ts';
import { ask } from '../support/http.ts';
import { dumpTables } from '../support/secrets.ts';
import { setUpAdmin } from '../support/people.ts';
import {
  attacked,
  type Asked,
  FOREIGN,
  FRIENDLY,
  type Headers,
  JSON_TYPE,
  KINDS,
  OPENED,
  OWN,
  REFUSED,
  SIMPLE_TYPES,
} from './foreign.ts';
import { inputOf } from './inputs.ts';

const routes = DIALECTS.flatMap((dialect) =>
  dialect.rows.map((row) => ({
    name: `${dialect.name} ${row.method} ${row.path}`,
    base: `/compat/${dialect.name}`,
    dialect,
    row,
  })),
);
/** A route of each dialect is asked everything. */
const foreignFor = (route: (typeof routes)[number]) =>
  routes.find(({ dialect }) => dialect === route.dialect) === route ? FOREIGN : KINDS;
const mutations = Object.values(schema.getMutationType()!.getFields());

const withoutType = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type'));

describe('a page of another site', () => {
  const { world: worldOf, send, changesNothing } = attacked();

  /** A request of an administrator's, with a token and a cookie. */
  async function requestTo({ base, dialect, row }: (typeof routes)[number]): Promise<Asked> {
    const { owner = dialect } = row;
    const rule = `${owner.name} ${row.method} ${row.path}`;
    const input: object & { params?: Headers; form?: true } = await inputOf(
      rule,
      worldOf(),
      'systemAdmin',
    );
    const { params = {}, form, ...fields } = input;
    const path = row.path.replace(/:(\w+)/g, (_all, key: string) => params[key] ?? 'none');
    const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : JSON_TYPE;
    return {
      method: row.method,
      path: base + path,
      headers: { ...(await worldOf().credentials('systemAdmin')), ...type },
      ...(row.method !== 'GET' && {
        body: form ? String(new URLSearchParams(fields)) : JSON.stringify(fields),
      }),
    };
  }

  it.each(routes.filter(({ row }) => row.method !== 'GET'))(
    'changes nothing by $name, and its own pages are let through',
    async (route) => {
      const request = await requestTo(route);
      await changesNothing(async () => {
        for (const headers of [...foreignFor(route), OPENED]) {
          const { status, text } = await send(request, headers);
          expect([status, text], JSON.stringify(headers)).toEqual([
            route.dialect.name === 'dukatia' || route.row.owner?.name === 'dukatia' ? 400 : 403,
            expect.stringMatching(REFUSED),
          ]);
        }
        const { headers, ...rest } = request;
        const credentials = withoutType(headers);
        for (const type of SIMPLE_TYPES) {
          const attack = { ...rest, headers: { ...credentials, ...type, ...FOREIGN[1] } };
          expect((await send(attack)).text).toMatch(REFUSED);
        }
      });
      for (const headers of [{}, ...FRIENDLY]) {
        const { text } = await send(request, headers);
        expect(text).not.toMatch(REFUSED);
      }
    },
  );

  it.each(routes.filter(({ row }) => row.method === 'GET'))(
    'changes nothing by $name, and is not told what a cookie is for',
    async (route) => {
      const request = await requestTo(route);
      // The use of a session is written down once a minute.
      await send(request);
      await changesNothing(async () => {
        for (const headers of KINDS) {
          const { text } = await send(request, headers);
          if ((route.row.owner ?? route.dialect).cookie) expect(text).toMatch(REFUSED);
          else expect(text).not.toMatch(REFUSED);
        }
        for (const headers of [OPENED, ...FRIENDLY]) {
          expect((await send(request, headers)).text).not.toMatch(REFUSED);
        }
      });
    },
  );

  // Without both headers it may be a program: then the type of the body has to be one that browsers ask for.
  it.each(routes.filter(({ row }) => row.method !== 'GET'))(
    'changes nothing by $name with a body that a browser sends unasked',
    async (route) => {
      const { headers, ...rest } = await requestTo(route);
      const credentials = withoutType(headers);
      const isForm = headers['content-type'] !== JSON_TYPE['content-type'];
      await send({ ...rest, headers: { ...credentials, 'content-type': 'text/plain' }, body: ' ' });
      await changesNothing(async () => {
        for (const simple of SIMPLE_TYPES) {
          // A documented form is one.
          if (isForm && simple?.['content-type'] !== 'text/plain') continue;
          const body = rest.body ?? 'x=1';
          const answer = await send({ ...rest, body, headers: { ...credentials, ...simple } });
          expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
          expect(answer.status, answer.text).toBeLessThan(500);
        }
      });
    },
  );
});

describe.each(providers)(
  'a page of another site, where nobody has to sign in, on %s',
  (provider) => {
    let app: TestApp;
    beforeAll(async () => {
      app = await startApp({ provider });
    });
    afterAll(() => app.close());

    it.each(['before setup', 'after it was skipped', 'while authentication is off'])(
      'changes nothing by any route %s',
      async (when) => {
        if (when === 'after it was skipped') await app.graphql(SKIP_SETUP, {});
        if (when === 'while authentication is off') {
          const { accessToken } = await setUpAdmin(app);
          await app.graphql(DISABLE_AUTH, {}, accessToken);
        }
        const before = await dumpTables(app.databaseUrl);
        for (const { name, base, row } of routes.filter(({ row }) => row.method !== 'GET')) {
          const { method, path, body, contentType } = exampleRequest(row);
          for (const headers of [...FOREIGN, OPENED]) {
            const { text } = await ask(app.url + base + path, {
              method,
              headers: { ...headers, ...(contentType && { 'content-type': contentType }) },
              ...(body !== undefined && { body }),
            });
            expect(text, name).toMatch(REFUSED);
          }
        }
        for (const { name } of mutations) {
          const body = JSON.stringify({ query: `mutation { ${name} { __typename } }` });
          const headers = { ...JSON_TYPE, ...FOREIGN[1] };
          const { text } = await ask(`${app.url}/graphql`, { method: 'POST', headers, body });
          expect(text, name).toContain('CROSS_SITE_REQUEST');
        }
        expect(await dumpTables(app.databaseUrl)).toBe(before);
      },
    );

    it('may still be a program that skips setup, or a page of our own', async () => {
      const fresh = await startApp({ provider });
      const skip = (headers: Headers) =>
        ask(`${fresh.url}/compat/dumb/api/auth/skip-setup`, { method: 'POST', headers });
      expect((await skip(FOREIGN[1]!)).status).toBe(403);
      expect((await skip({ 'content-type': 'text/plain', ...FOREIGN[3] })).status).toBe(403);
      expect((await skip({ origin: OWN })).status).toBe(200);
      expect((await skip({})).status).toBe(200);
      await fresh.close();
    });
  },
);
