import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/config.ts';
import { loadTrustedDocuments } from '../../src/doors/graphql/trusted-documents.ts';
import { exchange } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';
import { temporaryFolder } from '../support/process.ts';
import { refusalOfSubscription } from '../support/subscribe.ts';
import { idOf, MANIFEST, MANIFEST_FILE } from '../support/trusted-documents.ts';

const ME = idOf('query Me');
const SIGN_IN = idOf('mutation SignIn');
const SESSION_REVOKED = idOf('subscription SessionRevoked');
/** The hash of `{ nothing }`. */
const NOTHING = '919c0b7aa452b0b2fb42688461501bb8b0c3ef3b9d05ce7b9afd4f28bbe96ceb';
const apollo = (id: string) => ({
  persistedQuery: { version: 1, sha256Hash: id.replace('sha256:', '') },
});

/** The code and the status of a refusal, or nothing where there is an answer. */
type Refusal = { status: number; code: string } | undefined;
const NOT_FOUND: Refusal = { status: 404, code: 'PERSISTED_QUERY_NOT_FOUND' };
const ID_REQUIRED: Refusal = { status: 400, code: 'PERSISTED_QUERY_ID_REQUIRED' };

const start = async (mode: 'only' | 'prefer') => {
  const env = { TRUSTED_DOCUMENTS: mode, TRUSTED_DOCUMENTS_FILE: MANIFEST_FILE };
  const app = await startApp({ env });
  const open = await startApp({ databaseUrl: app.databaseUrl });
  const { accessToken } = await setUpAdmin(open);
  await open.close();
  const authorization = `Bearer ${accessToken}`;

  const ask = async (
    request: { body?: object; query?: Record<string, string> },
    accept = 'application/graphql-response+json',
  ): Promise<Refusal> => {
    const { body, query } = request;
    const { status, text } = await exchange(app.url, {
      method: body ? 'POST' : 'GET',
      path: `/graphql${query ? `?${String(new URLSearchParams(query))}` : ''}`,
      headers: { accept, authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const code = /"code":"(\w+)"/.exec(text)?.[1];
    if (code === undefined) expect(text).toContain('"data"');
    return code === undefined ? undefined : { status, code };
  };

  const subscribe = async (payload: Record<string, unknown>) =>
    (await refusalOfSubscription(app, accessToken, payload))?.extensions.code;
  return { app, ask, subscribe };
};

describe('TRUSTED_DOCUMENTS=only', () => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start('only');
  });
  afterAll(() => server.app.close());

  it('serves every document of the example front ends by its id', async () => {
    for (const [documentId, source] of Object.entries(MANIFEST)) {
      // Signing out would turn the others away.
      if (/^subscription|SignOut/.test(source)) continue;
      const variables = source.includes('$input') ? { input: {} } : {};
      const refusal = await server.ask({ body: { documentId, variables } });
      expect([undefined, 'BAD_USER_INPUT', 'FORBIDDEN'], source).toContain(refusal?.code);
    }
  });

  it('signs in, and executes what has no more than an id once', async () => {
    const input = { username: 'admin', password: PASSWORD };
    const { body } = await server.app.rest('POST', '/graphql', {
      body: { documentId: SIGN_IN, variables: { input } },
    });
    expect(body).toMatchObject({ data: { login: { __typename: 'AuthPayload' } } });
    expect(await server.app.services.db.prisma.session.count()).toBe(2);
  });

  it.each([
    ['documentId', { documentId: ME }],
    ['documentId without its prefix', { documentId: ME.replace('sha256:', '') }],
    ['Apollo’s extension', { extensions: apollo(ME) }],
    ['Apollo’s extension and the very document', { query: MANIFEST[ME], extensions: apollo(ME) }],
  ])('takes %s over POST', async (_form, body) => {
    expect(await server.ask({ body })).toBeUndefined();
  });

  it('takes the ids of queries over GET, and of no mutation', async () => {
    expect(await server.ask({ query: { documentId: ME } })).toBeUndefined();
    const extensions = JSON.stringify(apollo(ME));
    expect(await server.ask({ query: { extensions } })).toBeUndefined();
    const mutation = { documentId: SIGN_IN, variables: '{ "input": {} }' };
    expect(await server.ask({ query: mutation })).toMatchObject({ status: 405 });
  });

  it.each<[string, object, Refusal]>([
    ['a document without an id', { query: '{ __typename }' }, ID_REQUIRED],
    ['a known document without its id', { query: MANIFEST[ME] }, ID_REQUIRED],
    ['an unknown id', { documentId: `sha256:${'0'.repeat(64)}` }, NOT_FOUND],
    ['an id that is no text', { documentId: 1 }, NOT_FOUND],
    [
      'another document under a known id',
      { query: '{ a: __typename }', documentId: ME },
      NOT_FOUND,
    ],
    ['introspection', { query: '{ __schema { queryType { name } } }' }, ID_REQUIRED],
    ['nothing', {}, ID_REQUIRED],
  ])('refuses %s over POST', async (_what, body, refusal) => {
    expect(await server.ask({ body })).toEqual(refusal);
  });

  it('refuses everything else over GET and SSE', async () => {
    expect(await server.ask({ query: { query: '{ __typename }' } })).toEqual(ID_REQUIRED);
    expect(await server.ask({ query: { documentId: 'x' } })).toEqual(NOT_FOUND);
    const body = { query: MANIFEST[SESSION_REVOKED] };
    expect(await server.ask({ body }, 'text/event-stream')).toMatchObject({
      code: 'PERSISTED_QUERY_ID_REQUIRED',
    });
  });

  it('takes subscriptions by their ids over SSE', async () => {
    const answer = await fetch(`${server.app.url}/graphql`, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ documentId: SESSION_REVOKED }),
    });
    // Known, so that it is the operation that refuses a stranger.
    expect(await answer.text()).toContain('UNAUTHENTICATED');
  });

  it('takes subscriptions by their ids over a WebSocket, and no others', async () => {
    expect(await server.subscribe({ documentId: SESSION_REVOKED })).toBeUndefined();
    expect(await server.subscribe({ extensions: apollo(SESSION_REVOKED) })).toBeUndefined();
    expect(await server.subscribe({ query: MANIFEST[SESSION_REVOKED] })).toBe(ID_REQUIRED.code);
    expect(await server.subscribe({ documentId: 'x' })).toBe(NOT_FOUND.code);
  });

  it('shows no GraphiQL, which could ask for nothing', async () => {
    const { headers } = await exchange(server.app.url, {
      path: '/graphql',
      headers: { accept: 'text/html' },
    });
    expect(headers['content-type']).not.toContain('text/html');
  });
});

describe('TRUSTED_DOCUMENTS=prefer', () => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start('prefer');
  });
  afterAll(() => server.app.close());

  it.each<[string, object, Refusal]>([
    ['an id', { documentId: ME }, undefined],
    ['a document', { query: '{ __typename }' }, undefined],
    [
      'a document and an id that nobody knows',
      { query: '{ __typename }', documentId: 'x' },
      undefined,
    ],
    ['an id that nobody knows', { extensions: apollo('x') }, NOT_FOUND],
  ])('is given %s', async (_what, body, refusal) => {
    expect(await server.ask({ body })).toEqual(refusal);
  });
});

it('knows no ids without TRUSTED_DOCUMENTS', async () => {
  const app: TestApp = await startApp();
  const { status, text } = await app.rest('POST', '/graphql', { body: { documentId: ME } });
  expect({ status, text }).toMatchObject({
    status: 400,
    text: expect.stringContaining('MALFORMED_BODY') as string,
  });
  await app.close();
});

describe('TRUSTED_DOCUMENTS_FILE', () => {
  const faultsOf = (file: string | undefined) => {
    const set = file !== undefined && { TRUSTED_DOCUMENTS_FILE: file };
    try {
      loadTrustedDocuments(loadConfig({ TRUSTED_DOCUMENTS: 'only', ...set }));
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
    return [];
  };
  const written = (content: string) => {
    const file = join(temporaryFolder(), 'documents.json');
    writeFileSync(file, content);
    return file;
  };

  it('is asked for where there are to be trusted documents', () => {
    expect(faultsOf(undefined)).toEqual([
      'TRUSTED_DOCUMENTS_FILE must be set where TRUSTED_DOCUMENTS is only',
    ]);
    expect(faultsOf(MANIFEST_FILE)).toEqual([]);
  });

  it.each<[string, () => string, RegExp]>([
    ['is missing', () => join(temporaryFolder(), 'nothing.json'), /ENOENT/],
    ['is no JSON', () => written('{'), /JSON/],
    ['is no object', () => written('[]'), /not one JSON object/],
    ['has a wrong hash', () => written('{ "sha256:00": "{ me { id } }" }'), /"sha256:00" is not/],
    [
      'has a document of another schema',
      () => written(`{ "${NOTHING}": "{ nothing }" }`),
      /Cannot query field "nothing"/,
    ],
  ])('stops the start where it %s', (_how, file, reason) => {
    const faults = faultsOf(file());
    expect(faults).toEqual([
      expect.stringMatching(/^TRUSTED_DOCUMENTS_FILE must name a JSON file/),
    ]);
    expect(faults[0]).toMatch(reason);
  });
});
