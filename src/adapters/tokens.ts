import { errors, jwtVerify } from 'jose';
import { bytesOfRow, createCache } from './cache.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import { addSeconds, type Clock, toEpochSeconds } from './clock.ts';
import { sha256 } from './digest.ts';
import { type KeyRing, type TokenAlgorithm, verifyKeyFor } from './jwk.ts';

/** What a token is for. Each has a `typ` of its own, so that none passes for another (RFC 8725 3.11). */
export type TokenType = 'access' | 'refresh';

const TYP = { access: 'at+jwt', refresh: 'rt+jwt' } as const satisfies Record<TokenType, string>;

/** What both kinds of token say. */
export interface TokenSubject {
  /** The account, by its id: the `sub` of every token that others can verify. */
  readonly holder: string;
  /** What the account signs in by, for tokens that say so instead (`named-tokens.ts`). */
  readonly name?: string | undefined;
  readonly sessionId: string;
  /** The rotation the token belongs to. */
  readonly generation: number;
  /** The moment the generation began; the same subject always gives the same bytes. */
  readonly issuedAt: Date;
  /** The end of the session, past which no token lives. */
  readonly sessionExpiresAt: Date;
  /** The rights the holder had when it was minted; for readers, never for decisions here. */
  readonly scopes: readonly string[];
}

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds until the access token ends. */
  readonly expiresIn: number;
}

export interface VerifiedToken {
  /** The account, by its id. */
  readonly holder: string;
  /** The name that a named token was made for: it counts for as long as the account has it. */
  readonly name?: string | undefined;
  readonly sessionId: string;
  readonly generation: number;
  readonly id: string;
  /** UNIX seconds. */
  readonly issuedAt: number;
  /** UNIX seconds. */
  readonly expiresAt: number;
}

type TokenFault = 'TOKEN_INVALID' | 'TOKEN_EXPIRED';

export interface Tokens {
  /** Mints the access and refresh token of a generation (RFC 9068, RFC 7519). */
  readonly mint: (subject: TokenSubject) => TokenPair;
  /** Checks signature, algorithm, `typ`, `type`, `iss`, `aud` and `exp`; a fault says which kind failed. */
  readonly verify: (type: TokenType, token: string) => MaybePromise<VerifiedToken | TokenFault>;
}

export interface TokenOptions {
  readonly keys: KeyRing;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
}

/** RFC 9068 section 2.2 wants a client named; whoever signs in here does so at the server's own doors. */
const CLIENT = { client_id: 'first-party' } as const;
/** Any that a key can be made for; which of them a token may use, its key says. */
const ALGORITHMS: TokenAlgorithm[] = ['EdDSA', 'HS256'];
/** Of each kind. */
const KNOWN_TOKENS = {
  entries: 10_000,
  bytes: 2 ** 23,
  bytesOf: (token: VerifiedToken) => bytesOfRow(token),
} as const;

export function createTokens(options: TokenOptions): Tokens {
  const { keys, issuer, audience, clock } = options;
  const seconds = { access: options.accessTokenSeconds, refresh: options.refreshTokenSeconds };
  // Those that were verified or signed here, by their hashes: whoever signed one need not verify it.
  const known = {
    access: createCache<VerifiedToken>(KNOWN_TOKENS),
    refresh: createCache<VerifiedToken>(KNOWN_TOKENS),
  };

  const sign = (type: TokenType, subject: TokenSubject, claims: Record<string, unknown>) => {
    const { holder, sessionId, generation } = subject;
    const id = `${sessionId}.${generation}`;
    const issuedAt = toEpochSeconds(subject.issuedAt);
    const expiresAt = tokenEnd(subject, seconds[type]);
    const payload = {
      ...claims,
      type,
      sid: sessionId,
      gen: generation,
      iss: issuer,
      aud: audience,
      sub: holder,
      jti: id,
      iat: issuedAt,
      exp: expiresAt,
    };
    // By the moment and not by the clock: whoever mints it again gets the same bytes.
    const key = keys.keyAt(subject.issuedAt);
    const header = { alg: key.algorithm, typ: TYP[type], kid: key.id };
    const input = `${encodePart(header)}.${encodePart(payload)}`;
    const token = `${input}.${key.sign(input)}`;
    known[type].set(sha256(token), { holder, sessionId, generation, id, issuedAt, expiresAt });
    return token;
  };

  const verifySignature = async (type: TokenType, token: string) => {
    const { payload } = await jwtVerify(token, ({ kid, alg }) => verifyKeyFor(keys, kid, alg), {
      typ: TYP[type],
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['sub', 'sid', 'iat', 'exp', 'jti', 'gen'],
      currentDate: clock.now(),
    });
    if (payload['type'] !== type) return 'TOKEN_INVALID';
    return {
      holder: String(payload.sub),
      sessionId: String(payload['sid']),
      generation: Number(payload['gen']),
      id: String(payload.jti),
      issuedAt: Number(payload.iat),
      expiresAt: Number(payload.exp),
    };
  };

  const verifyAnew = async (type: TokenType, token: string, hash: string) => {
    try {
      const result = await verifySignature(type, token);
      if (typeof result !== 'string') known[type].set(hash, result);
      return result;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'TOKEN_EXPIRED';
      if (error instanceof errors.JOSEError) return 'TOKEN_INVALID';
      throw error;
    }
  };

  return {
    mint: (subject) => {
      const end = tokenEnd(subject, seconds.access);
      const scope = subject.scopes.join(' ');
      return {
        accessToken: sign('access', subject, { scope, scopes: subject.scopes, ...CLIENT }),
        refreshToken: sign('refresh', subject, {}),
        tokenType: 'Bearer',
        expiresIn: end - toEpochSeconds(subject.issuedAt),
      };
    },
    verify: (type, token) => {
      const hash = sha256(token);
      const found = known[type].get(hash);
      if (!found) return verifyAnew(type, token, hash);
      return found.expiresAt > toEpochSeconds(clock.now()) ? found : 'TOKEN_EXPIRED';
    },
  };
}

export function tokenEnd(subject: TokenSubject, seconds: number): number {
  const end = addSeconds(subject.issuedAt, seconds);
  return Math.min(toEpochSeconds(end), toEpochSeconds(subject.sessionExpiresAt));
}

/** A part of a token in JSON as base64url (RFC 7515 section 3.1). */
export function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
