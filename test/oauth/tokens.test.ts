import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGOUT, ME, REFRESH } from '../support/documents.ts';
import { createUser, PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { exchange } from '../http/wire.ts';

const ISSUER = new URL('http://vestibule.test');
const SECRET = 'a secret of the shop: thirty-two+and % more';
const BOTH = `shop:${SECRET},wiki:the secret of the wiki is another one`;
const client = { client_id: 'shop' };

describe.each(providers)('for a service on %s', (provider) => {
  let app: TestApp;
  let server: oauth.AuthorizationServer;
  let admin: Awaited<ReturnType<typeof setUpAdmin>>;

  /** The client reaches the issuer's address at the port that the app has. */
  const options = () => ({
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, init: object) =>
      fetch(url.replace(ISSUER.origin, app.url), init),
  });
  const introspect = async (token: string, auth = oauth.ClientSecretBasic(SECRET)) =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, auth, token, options()),
    );
  const revoke = async (token: string, additionalParameters = {}) =>
    oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, oauth.None(), token, {
        ...options(),
        additionalParameters,
      }),
    );
  const form = (path: string, body: string, headers: Record<string, string> = {}) =>
    exchange(app.url, {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });
  const eventsOf = (action: string) =>
    app.services.db.prisma.auditEvent.findMany({
      where: { action },
      orderBy: { sequence: 'asc' },
    });
  const isIn = async (token: string) => (await app.graphql(ME, {}, token)).errors.length === 0;

  beforeAll(async () => {
    app = await startApp({ provider, env: { INTROSPECTION_CLIENTS: BOTH, THROTTLE: 'on' } });
    const found = await oauth.discoveryRequest(ISSUER, { ...options(), algorithm: 'oauth2' });
    server = await oauth.processDiscoveryResponse(ISSUER, found);
    admin = await setUpAdmin(app);
  });
  afterAll(() => app.close());

  it('says what there is, and where', async () => {
    const { status, headers, body } = await app.rest(
      'GET',
      '/.well-known/oauth-authorization-server',
    );
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(body).toEqual({
      issuer: ISSUER.origin,
      jwks_uri: `${ISSUER.origin}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [],
      introspection_endpoint: `${ISSUER.origin}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_endpoint: `${ISSUER.origin}/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: ['none'],
    });
  });

  it('makes access tokens that others verify by the published keys (RFC 9068)', async () => {
    // An outside reader lives by the real clock: a token of now.
    const { accessToken } = app.services.tokens.mint({
      holder: admin.user.id,
      sessionId: 'a session',
      generation: 0,
      issuedAt: new Date(),
      sessionExpiresAt: new Date(Date.now() + 60_000),
      scopes: [],
    });
    const request = new Request('http://shop.test/', {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    const claims = await oauth.validateJwtAccessToken(server, request, ISSUER.origin, {
      ...options(),
      signingAlgorithms: ['EdDSA'],
    });
    expect(claims).toMatchObject({ sub: admin.user.id, sid: 'a session' });
  });

  it('tells all of an access token that counts, and that a refresh token is one', async () => {
    const { accessToken, refreshToken, user } = await signIn(app, 'admin');
    const now = app.clock.now().getTime() / 1000;
    const active = {
      active: true,
      iss: ISSUER.origin,
      aud: ISSUER.origin,
      sub: user.id,
      sid: expect.any(String) as string,
      jti: expect.any(String) as string,
      iat: now,
      username: 'admin',
      scope: expect.stringContaining('users:create') as string,
    };
    const access = await introspect(accessToken);
    expect(access).toEqual({ ...active, exp: now + 3600, token_type: 'Bearer' });
    expect(await introspect(accessToken, oauth.ClientSecretPost(SECRET))).toEqual(access);
    expect(await introspect(refreshToken)).toEqual({
      ...active,
      exp: now + 2_592_000,
      token_type: 'refresh_token',
    });
  });

  it('tells nothing of a token that does not count', async () => {
    const inactive = { active: false };
    expect(await introspect('rubbish')).toEqual(inactive);

    const out = await registerUser(app, 'out');
    const once = await signIn(app, 'out');
    await app.graphql(REFRESH, { input: { refreshToken: once.refreshToken } });
    expect(await introspect(once.refreshToken)).toEqual(inactive);
    expect(await introspect(once.accessToken)).toMatchObject({ active: true });
    await app.graphql(LOGOUT, {}, out.accessToken);
    for (const token of [out.accessToken, out.refreshToken]) {
      expect(await introspect(token)).toEqual(inactive);
    }

    const off = await registerUser(app, 'off');
    await app.services.db.prisma.user.update({
      where: { id: off.user.id },
      data: { disabled: true },
    });
    app.services.changes.publish({ kind: 'user', userId: off.user.id });
    for (const token of [off.accessToken, off.refreshToken]) {
      expect(await introspect(token)).toEqual(inactive);
    }
    const answer = await form('/oauth/introspect', `token=${off.accessToken}`, basic('shop'));
    expect(answer.text).toBe('{"active":false}');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('lets a password that an administrator gave count for nothing elsewhere', async () => {
    const user = await createUser(app, admin.accessToken, 'given');
    await app.services.db.prisma.user.update({
      where: { id: user.id },
      data: { mustChangePassword: true },
    });
    const { accessToken } = await signIn(app, 'given', PASSWORD);
    expect(await introspect(accessToken)).toEqual({ active: false });
  });

  it.each(['accessToken', 'refreshToken'] as const)(
    'ends the session of whoever gives up its %s, once, and writes it down',
    async (which) => {
      const pair = await signIn(app, 'admin');
      expect(await isIn(pair.accessToken)).toBe(true);
      const before = await eventsOf('session.revoked_by_token');
      await Promise.all(
        [1, 2, 3, 4].map(() => revoke(pair[which], { token_type_hint: 'no such' })),
      );
      expect(await isIn(pair.accessToken)).toBe(false);
      const { data } = await app.graphql(REFRESH, { input: { refreshToken: pair.refreshToken } });
      expect(data.refresh).toMatchObject({ __typename: 'RefreshTokenInvalidError' });
      const after = await eventsOf('session.revoked_by_token');
      expect(after).toHaveLength(before.length + 1);
      expect(after.at(-1)).toMatchObject({ targetId: pair.user.id, actorKind: 'anonymous' });
    },
  );

  it('answers alike for a token that there is not', async () => {
    await revoke('rubbish');
    const answer = await form('/oauth/revoke', 'token=rubbish&token_type_hint=access_token');
    expect(answer).toMatchObject({
      status: 200,
      text: '',
      headers: { 'cache-control': 'no-store' },
    });
  });

  it.each([
    ['no token', '', {}, 400, 'invalid_request'],
    ['an empty token', 'token=', {}, 400, 'invalid_request'],
    ['a token twice', 'token=a&token=b', {}, 400, 'invalid_request'],
    ['JSON', '{"token":"a"}', { 'content-type': 'application/json' }, 400, 'invalid_request'],
  ])('refuses %s in the words of RFC 6749', async (_what, body, headers, status, error) => {
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      const answer = await form(path, body, { ...basic('shop'), ...headers });
      expect(answer).toMatchObject({ status, body: { error } });
      expect(Object.keys(answer.body as object)).toEqual(['error', 'error_description']);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it('takes nothing but POST, and nothing from the address', async () => {
    for (const path of ['/oauth/introspect?token=a', '/oauth/revoke?token=a']) {
      const got = await exchange(app.url, { path });
      expect(got).toMatchObject({ status: 405, headers: { allow: 'POST' } });
      expect(await form(path, '', basic('shop'))).toMatchObject({ status: 400 });
    }
  });

  it('refuses who says who it is in two ways', async () => {
    const body = `token=${admin.accessToken}&client_id=shop&client_secret=x`;
    expect(await form('/oauth/introspect', body, basic('shop'))).toMatchObject({ status: 400 });
  });

  // Last: it uses up the patience with this address.
  it('asks who wants to know, and writes down and slows down who does not show it', async () => {
    const body = `token=${admin.accessToken}`;
    const nobody = await form('/oauth/introspect', body);
    expect(nobody).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(nobody.headers['www-authenticate']).toBe('Basic realm="vestibule", charset="UTF-8"');
    const wrong = [
      basic('shop', 'another secret that is long enough for one'),
      basic('wiki'),
      basic('nobody'),
      { authorization: 'Basic rubbish' },
      { authorization: `Bearer ${admin.accessToken}` },
    ];
    for (const headers of wrong) {
      const answer = await form('/oauth/introspect', body, headers);
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => form('/oauth/introspect', body)),
    );
    const slowed = answers.filter(({ status }) => status === 429);
    expect(slowed.length).toBeGreaterThan(80);
    expect(slowed[0]).toMatchObject({ body: { error: 'temporarily_unavailable' } });
    expect(Number(slowed[0]!.headers['retry-after'])).toBeGreaterThan(0);
    expect((await eventsOf('client.refused')).length).toBeLessThan(25);
    // Whoever is who they say is not held to what others do from there.
    expect(await introspect(admin.accessToken)).toMatchObject({ active: true });
    expect(JSON.stringify(app.logged)).not.toContain(SECRET);
  });
});

describe('without services', () => {
  it('lets nobody introspect, and does not say where', async () => {
    const app = await startApp({ env: { PUBLIC_URL: 'https://example.org/accounts' } });
    for (const path of ['', '/accounts']) {
      const found = await app.rest('GET', `/.well-known/oauth-authorization-server${path}`);
      expect(found.body).toMatchObject({ issuer: 'https://example.org/accounts' });
      expect(found.body).not.toHaveProperty('introspection_endpoint');
    }
    const answer = await exchange(app.url, {
      method: 'POST',
      path: '/oauth/introspect',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...basic('', '') },
      body: 'token=a',
    });
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    await app.close();
  });
});

function basic(id: string, secret = SECRET) {
  const pair = [id, secret].map((part) => encodeURIComponent(part)).join(':');
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
