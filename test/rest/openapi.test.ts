import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import {
  type ExampleRequest,
  exampleRequest,
} from '../../src/doors/rest/reference/example-request.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

interface Response {
  readonly content?: Readonly<
    Record<string, { readonly schema: Parameters<typeof z.fromJSONSchema>[0] }>
  >;
}

interface Documented {
  readonly parameters?: readonly { readonly name: string }[];
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, Response>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
}

type Credentials = Readonly<Record<string, string>>;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await setUpAdmin(app);
  await registerUser(app, 'person');
});
afterAll(() => app.close());

describe.each(DIALECTS)('the OpenAPI document of $name', (dialect) => {
  let document: Document;
  beforeAll(async () => {
    document = (await app.rest('GET', `/compat/${dialect.name}/openapi.json`)).body as Document;
  });

  const documented = ({ method, path }: { readonly method: string; readonly path: string }) =>
    document.paths[path.replace(/:(\w+)/g, '{$1}')]![method.toLowerCase()]!;
  const ask = (
    { method, path, contentType, body }: ExampleRequest,
    credentials: Credentials,
    of: TestApp = app,
  ) =>
    of.rest(method, `/compat/${dialect.name}${path}`, {
      headers: { ...credentials, ...(contentType && { 'content-type': contentType }) },
      ...(body !== undefined && { body }),
    });
  const credentialsOf = async (username: string): Promise<Credentials> => {
    if (dialect.cookie === undefined) {
      return { authorization: `Bearer ${(await signIn(app, username)).accessToken}` };
    }
    const body = { name: username, secret: PASSWORD };
    const answer = await app.rest('POST', '/compat/dukatia/api/v1/login', { body });
    return { cookie: answer.headers.get('set-cookie')!.split(';')[0]! };
  };
  /** Asks as each row's example does, and holds the answer against the document. */
  const expectDocumented = async (username: string | undefined, of: TestApp = app) => {
    let credentials: Credentials | undefined;
    for (const row of dialect.rows) {
      credentials ??= username === undefined ? {} : await credentialsOf(username);
      const answer = await ask(exampleRequest(row), credentials, of);
      // Whatever was changed may have ended the session.
      if (row.method !== 'GET' && answer.status < 400) credentials = undefined;
      const { responses } = documented(row);
      const which = `${row.method} ${row.path} ${answer.status} ${answer.text}`;
      expect(Object.keys(responses), which).toContain(String(answer.status));
      const schema = responses[answer.status]?.content?.['application/json']?.schema;
      if (!schema) expect(answer.text, which).toBe('');
      else expect(z.fromJSONSchema(schema).safeParse(answer.body).error, which).toBeUndefined();
    }
  };

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone({ ...document }));
    expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1']);
    expect(validator.resolveRefs()).toBeDefined();
  });

  it('names the header of the setup token where setup takes it, and nowhere else', () => {
    const naming = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.values(operations)
        .filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'Setup-Token'))
        .map(() => path),
    );
    const taking = dialect.rows.filter(({ path }) => /\/(?:skip-)?setup$/.test(path));
    expect(naming.sort()).toEqual(taking.map(({ path }) => path).sort());
  });

  it('has every route, and none else', () => {
    const told = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const rows = dialect.rows.map(({ method, path }) =>
      [method, path.replace(/:(\w+)/g, '{$1}')].join(' '),
    );
    expect(told.sort()).toEqual(rows.sort());
  });

  it('tells what its examples answer before there are users', async () => {
    const empty = await startApp();
    await expectDocumented(undefined, empty);
    await empty.close();
  });

  it.each(['admin', 'person', undefined])('tells what its examples answer to %s', async (who) => {
    await expectDocumented(who);
  });

  it('turns a stranger away where it says that somebody has to be signed in', async () => {
    for (const row of dialect.rows.filter((row) => documented(row).security.length === 1)) {
      expect((await ask(exampleRequest(row), {})).status, row.path).toBe(401);
    }
  });

  it('answers a body that is none as it tells', async () => {
    const signedIn = await credentialsOf('admin');
    for (const row of dialect.rows) {
      const example = exampleRequest(row);
      if (example.body === undefined) continue;
      for (const broken of [
        { ...example, body: '{' },
        { ...example, contentType: 'text/plain' },
      ]) {
        const answer = await ask(broken, signedIn);
        const which = `${row.path} ${answer.status} ${answer.text}`;
        expect(Object.keys(documented(row).responses), which).toContain(String(answer.status));
      }
    }
  });
});

describe('the reference of the REST dialects', () => {
  const PATHS = ['/compat', '/compat/qdash/openapi.json'];
  const HARD = { PROFILE: 'production', ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2' };

  it('is closed in production, unless it is asked for', async () => {
    const closed = await startApp({ env: HARD });
    for (const path of PATHS) expect((await closed.rest('GET', path)).status).toBe(404);
    await closed.close();
    const open = await startApp({ env: { ...HARD, REST_REFERENCE: 'on' } });
    for (const path of PATHS) expect((await open.rest('GET', path)).status).toBe(200);
    expect((await open.rest('POST', '/compat')).status).toBe(405);
    await open.close();
  });
});
