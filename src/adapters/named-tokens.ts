import { createHmac, hkdfSync } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { type Clock, toEpochSeconds } from './clock.ts';
import { encodePart, tokenEnd, type Tokens, type TokenSubject, type TokenType } from './tokens.ts';

/** What named tokens begin with: no access token of RFC 9068, and nothing that names a published key. */
const HEADER = encodePart({ alg: 'HS256', typ: 'JWT' });

export interface NamedTokenOptions {
  /** The values of SECRET_KEY: the first signs, all verify. */
  readonly secrets: readonly [string, ...string[]];
  readonly clock: Clock;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
}

/** Whether a token claims to be one of these. */
function isNamedToken(token: string): boolean {
  return token.startsWith(`${HEADER}.`);
}

/**
 * Tokens of a dialect whose document wants the username as `sub`. They count at the doors of this server
 * alone: signed by HMAC-SHA256 under a key that is derived from SECRET_KEY and leaves it nowhere, without
 * issuer and audience. Private claims bind them to the account and its session.
 */
export function createNamedTokens(options: NamedTokenOptions): Tokens {
  const { secrets, clock } = options;
  const keys = secrets.map(deriveKey);
  const [signingKey = deriveKey(secrets[0])] = keys;
  const seconds = { access: options.accessTokenSeconds, refresh: options.refreshTokenSeconds };

  const sign = (type: TokenType, subject: TokenSubject) => {
    const payload = {
      sub: subject.name ?? subject.holder,
      exp: tokenEnd(subject, seconds[type]),
      type,
      iat: toEpochSeconds(subject.issuedAt),
      uid: subject.holder,
      sid: subject.sessionId,
      gen: subject.generation,
    };
    const input = `${HEADER}.${encodePart(payload)}`;
    return `${input}.${createHmac('sha256', signingKey).update(input).digest('base64url')}`;
  };

  const read = async (type: TokenType, token: string, key: Uint8Array) => {
    const { payload } = await jwtVerify(token, key, {
      typ: 'JWT',
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp', 'type', 'iat', 'uid', 'sid', 'gen'],
      currentDate: clock.now(),
    });
    if (payload['type'] !== type) return 'TOKEN_INVALID';
    const [sessionId, generation] = [String(payload['sid']), Number(payload['gen'])];
    return {
      holder: String(payload['uid']),
      name: String(payload.sub),
      sessionId,
      generation,
      id: `${sessionId}.${generation}`,
      issuedAt: Number(payload.iat),
      expiresAt: Number(payload.exp),
    };
  };

  return {
    mint: (subject) => ({
      accessToken: sign('access', subject),
      refreshToken: sign('refresh', subject),
      tokenType: 'Bearer',
      expiresIn: tokenEnd(subject, seconds.access) - toEpochSeconds(subject.issuedAt),
    }),
    verify: async (type, token) => {
      for (const key of keys) {
        try {
          return await read(type, token, key);
        } catch (error) {
          if (error instanceof errors.JWTExpired) return 'TOKEN_EXPIRED';
          if (!(error instanceof errors.JOSEError)) throw error;
        }
      }
      return 'TOKEN_INVALID';
    },
  };
}

/** Both kinds behind one door: a subject with a name gets named tokens, every other one those that others verify. */
export function withNamedTokens(tokens: Tokens, named: Tokens): Tokens {
  return {
    mint: (subject) => (subject.name === undefined ? tokens : named).mint(subject),
    verify: (type, token) => (isNamedToken(token) ? named : tokens).verify(type, token),
  };
}

function deriveKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'vestibule named tokens', 32));
}
