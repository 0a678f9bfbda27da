import { importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { generateKey, importKey, type TokenAlgorithm } from '../../src/adapters/jwk.ts';
import { systemRandom } from '../../src/adapters/random.ts';
import { createTokens } from '../../src/adapters/tokens.ts';

const issuedAt = new Date(Math.floor(Date.now() / 1000) * 1000);
const subject = {
  holder: 'user',
  sessionId: 'session',
  generation: 3,
  issuedAt,
  sessionExpiresAt: new Date(issuedAt.getTime() + 1000 * 1000),
  scopes: ['users:read', 'Ä'],
};

describe.each<TokenAlgorithm>(['EdDSA', 'HS256'])('tokens signed with %s', (algorithm) => {
  const make = async () => {
    const stored = await generateKey(algorithm, systemRandom);
    const key = await importKey(stored, algorithm);
    const tokens = createTokens({
      keys: {
        keyAt: () => key,
        find: (id) => Promise.resolve(id === key.id ? key : undefined),
        signingSince: () => undefined,
        jwks: () => ({ keys: [] }),
        reload: () => Promise.resolve(),
      },
      issuer: 'https://issuer.example',
      audience: 'https://audience.example',
      clock: systemClock,
      accessTokenSeconds: 600,
      refreshTokenSeconds: 5000,
    });
    return { key, stored, tokens };
  };

  it('are what another implementation verifies, claim for claim', async () => {
    const { key, stored, tokens } = await make();
    const pair = tokens.mint(subject);
    const jwk = JSON.parse(stored.publicJwk ?? stored.privateJwk) as JWK;
    const read = async (token: string) => jwtVerify(token, await importJWK(jwk, algorithm));
    const issued = issuedAt.getTime() / 1000;
    const common = {
      sid: 'session',
      gen: 3,
      iss: 'https://issuer.example',
      aud: 'https://audience.example',
      sub: 'user',
      jti: 'session.3',
      iat: issued,
    };
    const access = await read(pair.accessToken);
    expect(access.protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: key.id });
    expect(access.payload).toEqual({
      ...common,
      type: 'access',
      exp: issued + 600,
      client_id: 'first-party',
      scope: 'users:read Ä',
      scopes: ['users:read', 'Ä'],
    });
    const refresh = await read(pair.refreshToken);
    expect(refresh.protectedHeader).toEqual({ alg: algorithm, typ: 'rt+jwt', kid: key.id });
    expect(refresh.payload).toEqual({ ...common, type: 'refresh', exp: issued + 1000 });
  });

  it('are the bytes that another implementation signs', async () => {
    const { key, tokens } = await make();
    const { accessToken } = tokens.mint(subject);
    const [header, payload] = accessToken
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
    const again = await new SignJWT(payload as Record<string, unknown>)
      .setProtectedHeader(header as { alg: string })
      .sign(key.signKey);
    expect(accessToken).toBe(again);
  });

  it('are the same bytes for the same subject', async () => {
    const { tokens } = await make();
    expect(tokens.mint(subject)).toEqual(tokens.mint({ ...subject }));
  });
});
