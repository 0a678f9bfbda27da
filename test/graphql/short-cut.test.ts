import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, type WireAnswer } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { idOf, MANIFEST_FILE } from '../support/trusted-documents.ts';

const ME = idOf('query Me');
const PLAIN = 'application/json';
/** The same wish, written so that it has to be weighed. */
const WEIGHED = 'application/json;q=0.9';
const NEW_PLAIN = 'application/graphql-response+json';
const NEW_WEIGHED = 'application/graphql-response+json;q=0.9';

describe.each(providers)(
  'one request by the short cut and by the front door, on %s',
  (provider) => {
    let app: TestApp;
    let admin: string;
    let user: string;
    beforeAll(async () => {
      app = await startApp({ provider, env: { CORS_ORIGINS: 'https://app.example.com' } });
      admin = (await setUpAdmin(app)).accessToken;
      user = (await registerUser(app, 'ada')).accessToken;
    });
    afterAll(() => app.close());

    const send = (accept: string, body: object, token?: string) =>
      exchange(app.url, {
        method: 'POST',
        path: '/graphql',
        headers: {
          'content-type': 'application/json',
          origin: 'https://app.example.com',
          'x-request-id': 'the-same-id',
          accept,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      });
    const seen = ({ status, headers, text }: WireAnswer) => {
      return { status, headers: { ...headers, date: undefined }, text };
    };
    const expectAlike = async (body: object, token: string | undefined) => {
      const old = await send(PLAIN, body, token);
      expect(seen(await send(WEIGHED, body, token))).toEqual(seen(old));
      const newer = await send(NEW_PLAIN, body, token);
      expect(seen(await send(NEW_WEIGHED, body, token))).toEqual(seen(newer));
      expect(newer.text).toBe(old.text);
    };
    const register = (username: string) => ({
      query: `mutation {
      register(input: { username: "${username}", password: "${PASSWORD}" }) { __typename }
      resetTotp(input: { userId: "x" }) { __typename }
    }`,
    });
    const count = (username: string) => app.services.db.prisma.user.count({ where: { username } });

    it.each<[string, object, 'admin' | 'user' | undefined]>([
      ['a query', { query: '{ authStatus { hasUsers } }' }, undefined],
      [
        'aliases and fragments',
        { query: '{ a: me { ...f } } fragment f on User { id n: name }' },
        'user',
      ],
      ['a list', { query: '{ users { totalCount edges { node { id } } } }' }, 'admin'],
      [
        'variables',
        { query: 'query ($n: Int) { users(first: $n) { totalCount } }', variables: { n: 1 } },
        'admin',
      ],
      [
        'one of two operations',
        { query: 'query A { __typename } query B { b: __typename }', operationName: 'B' },
        undefined,
      ],
      [
        'null members',
        { query: '{ __typename }', variables: null, operationName: null, extensions: null },
        undefined,
      ],
      ['a missing token', { query: '{ me { id } }' }, undefined],
      ['a token that may not', { query: '{ users { totalCount } }' }, 'user'],
      ['half an answer', { query: '{ authStatus { hasUsers } me { id } }' }, undefined],
      ['bad input', { query: '{ users(first: 0) { totalCount } }' }, 'admin'],
      [
        'an expected failure',
        { query: 'mutation { refresh(input: { refreshToken: "x" }) { __typename } }' },
        undefined,
      ],
      [
        'a wrong variable',
        { query: 'query ($n: Int) { users(first: $n) { totalCount } }', variables: { n: 'x' } },
        'admin',
      ],
      ['an unknown field', { query: '{ nothing }' }, undefined],
      ['a document that does not parse', { query: '{' }, undefined],
      ['no query', {}, undefined],
      ['a stray member', { query: '{ __typename }', id: 1 }, undefined],
      ['introspection', { query: '{ __schema { queryType { name } } }' }, undefined],
    ])('answers %s alike', async (_what, body, who) => {
      await expectAlike(body, who && { admin, user }[who]);
    });

    describe('where documents have ids', () => {
      let plain: TestApp;
      beforeAll(async () => {
        const env = {
          CORS_ORIGINS: 'https://app.example.com',
          TRUSTED_DOCUMENTS: 'only',
          TRUSTED_DOCUMENTS_FILE: MANIFEST_FILE,
        };
        plain = app;
        app = await startApp({ provider, databaseUrl: plain.databaseUrl, env });
      });
      afterAll(async () => {
        await app.close();
        app = plain;
      });

      it.each<[string, object]>([
        ['a known id', { documentId: ME }],
        [
          'a known id in Apollo’s form',
          { extensions: { persistedQuery: { sha256Hash: ME.slice('sha256:'.length) } } },
        ],
        ['an unknown id', { documentId: 'x' }],
        ['no id', { query: '{ __typename }' }],
        ['an id and a stray member', { documentId: ME, id: 1 }],
      ])('answers %s alike', async (_what, body) => {
        await expectAlike(body, user);
      });
    });

    it.each([PLAIN, WEIGHED, NEW_PLAIN, '*/*'])(
      'executes a mutation with errors in its answer exactly once (Accept: %s)',
      async (accept) => {
        const name = `eve ${accept}`;
        const answer = await send(accept, register(name));
        expect(answer.body).toMatchObject({
          errors: [{ path: ['resetTotp'], extensions: { code: 'FORBIDDEN' } }],
        });
        expect(await count(name)).toBe(1);
      },
    );

    it('executes nothing whose answer could not be taken', async () => {
      expect((await send('image/png', register('mallory'))).status).toBe(406);
      expect(await count('mallory')).toBe(0);
    });
  },
);
