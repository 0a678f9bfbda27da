import { sha256 } from '../../adapters/digest.ts';
import { addSeconds } from '../../adapters/clock.ts';
import type { TokenPair } from '../../adapters/tokens.ts';
import { POLICY } from '../../access/policy.ts';
import type { Context } from '../../context.ts';
import type { UserRow } from '../users/store.ts';
import { tellEnded } from './operations.ts';
import {
  consumeFirstLogin,
  insertSession,
  revokeOldestSessions,
  type SessionWithUser,
} from './store.ts';

const MAX_USER_AGENT = 512;
const OPAQUE_TOKEN_BYTES = 64;

/** What a successful sign-in, registration or refresh answers. */
export interface AuthPayload extends TokenPair {
  readonly user: UserRow;
}

/** The same for a cookie client. */
export interface CookieSignIn {
  /** 128 hexadecimal characters; only its hash is kept. */
  readonly token: string;
  readonly user: UserRow;
  /** Whether nobody had ever signed in before. */
  readonly firstLogin: boolean;
}

/** Begins a session for a person who has just proved who they are, and mints its tokens. */
export async function signIn(ctx: Context, user: UserRow): Promise<AuthPayload> {
  const session = await beginSession(ctx, user, null);
  if (user.lastLoginAt === null) await consumeFirstLogin(ctx.db, ctx.clock.now());
  return mintPair(ctx, session);
}

/** The same for a client that keeps one opaque token in a cookie. */
export async function signInWithCookie(ctx: Context, user: UserRow): Promise<CookieSignIn> {
  const token = Buffer.from(ctx.random.bytes(OPAQUE_TOKEN_BYTES)).toString('hex');
  const session = await beginSession(ctx, user, sha256(token));
  const firstLogin =
    user.lastLoginAt === null && (await consumeFirstLogin(ctx.db, ctx.clock.now()));
  return { token, user: session.user, firstLogin };
}

/** The tokens of a session's current generation: the same bytes whenever it is asked. */
export async function mintPair(ctx: Context, session: SessionWithUser): Promise<AuthPayload> {
  const pair = await ctx.tokens.mint({
    userId: session.userId,
    sessionId: session.id,
    generation: session.generation,
    issuedAt: session.rotatedAt,
    sessionExpiresAt: session.expiresAt,
    scopes: POLICY.system[session.user.systemRole],
  });
  return { ...pair, user: session.user };
}

async function beginSession(
  ctx: Context,
  user: UserRow,
  opaqueTokenHash: string | null,
): Promise<SessionWithUser> {
  const now = ctx.clock.now();
  const session = await insertSession(ctx.db, user, {
    id: ctx.random.uuid(),
    userId: user.id,
    generation: 0,
    rotatedAt: now,
    amr: 'pwd',
    authenticatedAt: now,
    userAgent: ctx.request.userAgent?.slice(0, MAX_USER_AGENT) ?? null,
    ipAddress: ctx.request.ipAddress,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: addSeconds(now, ctx.config.sessionMaxSeconds),
    revokedAt: null,
    opaqueTokenHash,
  });
  const keep = ctx.config.sessionsPerUser;
  tellEnded(ctx, await revokeOldestSessions(ctx.db, { userId: user.id, keep, now }));
  ctx.changes.publish({ kind: 'user', userId: user.id });
  return session;
}
