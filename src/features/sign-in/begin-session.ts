import { sha256 } from '../../adapters/digest.ts';
import { addSeconds } from '../../adapters/clock.ts';
import type { TokenPair } from '../../adapters/tokens.ts';
import type { UserActor } from '../../core/actor.ts';
import { POLICY } from '../../access/policy.ts';
import { type Change, change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { amrOf } from '../../core/sign-in-method.ts';
import type { AuditEntry } from '../../core/audit.ts';
import { auditEvent, auditUser } from '../audit/event.ts';
import type { MailEntry } from '../../core/mail.ts';
import { rememberDevice } from '../throttles/device.ts';
import { whenceOf } from '../mail/frame.ts';
import { planNotice } from '../mail/queue.ts';
import type { UserRow } from '../users/store.ts';
import { loginNameOf } from '../../authentication/holder.ts';
import { ATTEMPTS } from './attempts.ts';
import type { Attempt, SignInMethod } from './method.ts';
import { PASSWORD } from './password.ts';
import {
  consumeFirstLogin,
  insertSession,
  insertSessionAtOnce,
  isKnownDevice,
  revokeOldestSessions,
  type SessionRow,
  type SessionWithUser,
} from '../sessions/store.ts';

const MAX_USER_AGENT = 512;
const OPAQUE_TOKEN_BYTES = 64;

/** What a successful sign-in, registration or refresh answers. */
export interface AuthPayload extends TokenPair {
  readonly user: UserRow;
  /** Who calls from now on, for what is read of them in the same request. */
  readonly actor: UserActor;
}

/** The same for a cookie client. */
export interface CookieSignIn {
  /** 128 hexadecimal characters; only its hash is kept. */
  readonly token: string;
  readonly user: UserRow;
  /** Whether nobody had ever signed in before. */
  readonly firstLogin: boolean;
}

/** How a person has just proved who they are. */
export interface Proof {
  /** The methods, in the order in which they were shown. */
  readonly by: readonly SignInMethod[];
  /** What it is written down as. @default auth.login */
  readonly action?: (typeof ATTEMPTS)[Attempt]['succeeded'];
  /** Uses up what is good once, in the transaction that begins the session; throws where it is gone. */
  readonly use?: (writes: Change) => Promise<void>;
  /** Whether somebody else gets the tokens: the browser that asks for them is no device of the user. */
  readonly isHandedOver?: true;
}

const BY_PASSWORD: Proof = { by: [PASSWORD] };

/** Begins a session for a person who has just proved who they are, and mints its tokens. */
export async function signIn(
  ctx: Context,
  user: UserRow,
  proof: Proof = BY_PASSWORD,
): Promise<AuthPayload> {
  const session = await beginSession(ctx, user, proof, null);
  if (user.lastLoginAt === null) await consumeFirstLogin(ctx.db, ctx.clock.now());
  return mintPair(ctx, session);
}

/** The same for a client that keeps one opaque token in a cookie. */
export async function signInWithCookie(
  ctx: Context,
  user: UserRow,
  proof: Proof = BY_PASSWORD,
): Promise<CookieSignIn> {
  const token = Buffer.from(ctx.random.bytes(OPAQUE_TOKEN_BYTES)).toString('hex');
  const session = await beginSession(ctx, user, proof, sha256(token));
  const firstLogin =
    user.lastLoginAt === null && (await consumeFirstLogin(ctx.db, ctx.clock.now()));
  return { token, user: session.user, firstLogin };
}

/** The tokens of a session's current generation: the same bytes whenever it is asked. */
export function mintPair(ctx: Context, session: SessionWithUser): AuthPayload {
  const name = ctx.tokenKind === 'named' ? loginNameOf(session.user) : undefined;
  const pair = ctx.tokens.mint({
    holder: session.user.id,
    name,
    sessionId: session.id,
    generation: session.generation,
    issuedAt: session.rotatedAt,
    sessionExpiresAt: session.expiresAt,
    scopes: POLICY.system[session.user.systemRole],
  });
  const { user, expiresAt } = session;
  return { ...pair, user, actor: { kind: 'user', user, session, expiresAt } };
}

async function beginSession(
  ctx: Context,
  user: UserRow,
  { by, action = ATTEMPTS.signIn.succeeded, use, isHandedOver }: Proof,
  opaqueTokenHash: string | null,
): Promise<SessionWithUser> {
  const now = ctx.clock.now();
  const amr = amrOf(by);
  const row = {
    id: ctx.random.uuid(),
    userId: user.id,
    generation: 0,
    rotatedAt: now,
    usedGeneration: 0,
    amr,
    authenticatedAt: now,
    userAgent: ctx.request.userAgent?.slice(0, MAX_USER_AGENT) ?? null,
    ipAddress: ctx.request.ipAddress,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: addSeconds(now, ctx.config.sessionMaxSeconds),
    revokedAt: null,
    opaqueTokenHash,
  };
  const told = { action, actor: auditUser(user), sessionId: row.id, details: { amr } };
  const begun = use
    ? await beginWithUse(ctx, user, row, { told, use })
    : await beginAtOnce(ctx, user, row, told);
  if (!begun) throw new AppError('UNAUTHENTICATED');
  const session = { ...row, user: { ...user, lastLoginAt: now } };
  const surplus = { userId: user.id, newest: row.id, keep: ctx.config.sessionsPerUser, now };
  const surplusSessions = await revokeOldestSessions(ctx.db, surplus, ctx.config);
  /* eslint-disable no-restricted-syntax -- the hot path: what is published here is one statement each,
     and a transaction around it would cost two round trips more */
  for (const { id, userId } of surplusSessions) {
    ctx.changes.publish({ kind: 'session', sessionId: id, userId });
  }
  ctx.changes.publish({ kind: 'user', userId: user.id });
  /* eslint-enable no-restricted-syntax */
  if (!isHandedOver) rememberDevice(ctx, user);
  return session;
}

type SignInEntry = AuditEntry<NonNullable<Proof['action']>>;

/** Begins a session together with what is good once. Returns whether the account still allows it. */
function beginWithUse(
  ctx: Context,
  user: UserRow,
  row: SessionRow,
  { told, use }: { readonly told: SignInEntry; readonly use: (writes: Change) => Promise<void> },
): Promise<boolean> {
  return change(ctx, async (writes) => {
    const { tx, audit, mail } = writes;
    const entry = newDeviceMail(ctx, user);
    const isKnown = !entry || (await isKnownDevice(tx, row));
    if (!(await insertSession(tx, user, row))) return false;
    await use(writes);
    if (!isKnown) await mail(entry);
    audit(told);
    return true;
  });
}

/**
 * The same without `change`, because a sign-in with a password alone is the hot path: the statements of
 * the session, the mail and the audit event go to the database in one round trip. The mail sender is not
 * woken: it finds the mail within seconds.
 */
function beginAtOnce(
  ctx: Context,
  user: UserRow,
  row: SessionRow,
  told: SignInEntry,
): Promise<boolean> {
  const entry = newDeviceMail(ctx, user);
  return insertSessionAtOnce(ctx.db, user, row, {
    event: auditEvent(ctx, told),
    newDeviceMail: entry && planNotice(ctx, entry),
  });
}

/** The mail about a sign-in from a new device; undefined for the first sign-in of a user. */
function newDeviceMail(ctx: Context, user: UserRow): MailEntry<'newDevice'> | undefined {
  if (user.lastLoginAt === null) return undefined;
  return { kind: 'newDevice', to: user, data: whenceOf(ctx) };
}
