import { addSeconds } from '../../adapters/clock.ts';
import type { Config } from '../../config/config.ts';
import type { Database, Tx } from '../../db/database.ts';
import { violatedUnique } from '../../db/errors.ts';
import type { SessionRow, SessionWithUser, UserRow } from '../../db/rows.ts';
import { HAS_NO_SECOND_FACTOR, sameSecondFactors } from '../../db/second-factor.ts';
import { insertInto } from '../../db/sql.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { appending } from '../audit/append-store.ts';
import type { NewAuditEvent } from '../audit/event.ts';
import { type NoticePlan, queueingNotice } from '../mail/notice-store.ts';
import { isNewDevice } from './device-store.ts';

export type { SessionRow, SessionWithUser };

/** What says how long a session outlives its last use. */
export type Lifetimes = Pick<Config, 'accessTokenSeconds' | 'refreshTokenSeconds'>;

/** What goes with a session that begins at once. */
interface SessionBeginning {
  /** Written if it begins. */
  readonly event: NewAuditEvent;
  /** Sent if no session of the user came from that device and address before. */
  readonly newDeviceMail?: NoticePlan | undefined;
}

// Both take the user's row first: who ends the sessions of a user because of a change to that row either
// comes before and is seen here, or comes after and sees the session.

/**
 * Begins a session of a user and notes the sign-in on them. Returns whether it began: not where the user
 * was disabled meanwhile, got another password, or a second factor came or went.
 */
export async function insertSession(tx: Tx, user: UserRow, session: SessionRow): Promise<boolean> {
  const { id, passwordHash } = user;
  const { count } = await tx.user.updateMany({
    where: { id, passwordHash, disabled: false, ...sameSecondFactors(user) },
    data: { lastLoginAt: session.createdAt },
  });
  if (count === 0) return false;
  await tx.session.create({ data: session, select: { id: true } });
  return true;
}

/** Whether a session of the user came from that device and address before. */
export async function isKnownDevice(tx: Tx, session: SessionRow): Promise<boolean> {
  const found = await tx.$queryRaw<unknown[]>`SELECT 1 AS "new" WHERE ${isNewDevice(session)}`;
  return found.length === 0;
}

/**
 * The same as `insertSession` for a user without a second factor, with its audit event and its mail, in
 * one round trip.
 */
export async function insertSessionAtOnce(
  db: Database,
  { passwordHash }: UserRow,
  session: SessionRow,
  { event, newDeviceMail: mail }: SessionBeginning,
): Promise<boolean> {
  db.signal?.throwIfAborted();
  const { engine } = db;
  const { userId, createdAt } = session;
  const isAsked = Prisma.sql`
    "id" = ${userId} AND ${HAS_NO_SECOND_FACTOR} AND NOT "disabled"
    AND "passwordHash" IS NOT DISTINCT FROM ${passwordHash}`;
  const note = Prisma.sql`UPDATE "User" SET "lastLoginAt" = ${createdAt} WHERE ${isAsked}`;
  const isNew = isNewDevice(session);
  const notice = (from: Prisma.Sql) => (mail ? queueingNotice(engine, mail, from) : []);
  // Two texts, for neither serves both: in one statement no part sees the rows of another, and only what
  // the update returns is known to have waited for the user's row; SQLite takes no write in a WITH.
  const work = engine.writesInWith
    ? {
        parts: [
          Prisma.sql`asked AS (${note} RETURNING "id")`,
          Prisma.sql`begun AS (
            ${insertInto('Session', session, Prisma.sql`FROM asked`)} RETURNING "id")`,
          ...notice(Prisma.sql`FROM begun WHERE ${isNew}`),
        ],
        given: Prisma.sql`FROM begun`,
      }
    : {
        parts: [
          note,
          ...notice(Prisma.sql`FROM "User" WHERE ${isAsked} AND ${isNew}`),
          insertInto('Session', session, Prisma.sql`FROM "User" WHERE ${isAsked}`),
        ],
        given: Prisma.sql`FROM "Session" WHERE "id" = ${session.id}`,
      };
  const begun = await db.write(appending(engine, event, work));
  return begun.length === 1;
}

/** Whether this is the first sign-in that the installation ever sees; true once. */
export async function consumeFirstLogin(db: Database, now: Date): Promise<boolean> {
  const known = await db.read(Prisma.sql`SELECT 1 FROM "Setting" WHERE "key" = 'first-login'`);
  if (known.length > 0) return false;
  try {
    await db.prisma.setting.create({ data: { key: 'first-login', value: '', updatedAt: now } });
    return true;
  } catch (error) {
    if (violatedUnique(error) !== undefined) return false;
    throw error;
  }
}

/**
 * Moves a live session of an enabled user to its next generation, if the session is at the given one and
 * that one is younger than `lifeSeconds` by the clock of the database. Of any number of calls at once one
 * gets the session back.
 */
export async function rotateSession(
  db: Database,
  rotation: {
    readonly id: string;
    /** Whose session the token says that it is, by id and, where it names one, by name. */
    readonly holder: string;
    readonly name: string | undefined;
    readonly from: number;
    readonly lifeSeconds: number;
  },
): Promise<SessionRow | undefined> {
  db.signal?.throwIfAborted();
  const { id, holder, name, from, lifeSeconds } = rotation;
  const now = db.now();
  const isNamed =
    name === undefined ? Prisma.empty : Prisma.sql`AND coalesce("username", "email") = ${name}`;
  const [rotated] = await db.write<SessionRow>(Prisma.sql`
    UPDATE "Session"
    SET "generation" = ${from + 1}, "rotatedAt" = ${now}, "lastSeenAt" = ${now}
    WHERE "id" = ${id} AND "userId" = ${holder} AND "generation" = ${from}
      AND "rotatedAt" > ${db.now(-lifeSeconds)} AND "revokedAt" IS NULL AND "expiresAt" > ${now}
      AND EXISTS (
        SELECT 1 FROM "User" WHERE "User"."id" = "userId" AND NOT "User"."disabled" ${isNamed}
      )
    RETURNING *`);
  return rotated;
}

/** Ends a session; says whether it was alive. With a user, only if it is theirs. */
export async function revokeSession(
  tx: Tx,
  { id, userId, now }: { readonly id: string; readonly userId?: string; readonly now: Date },
): Promise<SessionRow | undefined> {
  const [revoked] = await tx.session.updateManyAndReturn({
    where: { id, ...(userId !== undefined && { userId }), revokedAt: null, expiresAt: { gt: now } },
    data: { revokedAt: now },
  });
  return revoked;
}

/** Ends every session of a user but one; answers those that were alive. */
export function revokeOtherSessions(
  tx: Tx,
  {
    userId,
    keepId,
    now,
  }: { readonly userId: string; readonly keepId?: string; readonly now: Date },
): Promise<SessionRow[]> {
  return tx.session.updateManyAndReturn({
    where: {
      userId,
      ...(keepId !== undefined && { id: { not: keepId } }),
      revokedAt: null,
      expiresAt: { gt: now },
    },
    data: { revokedAt: now },
  });
}

/** Whether a session has neither been ended nor expired, as this transaction sees it. */
export async function isSessionAlive(
  tx: Tx,
  { id, now }: { readonly id: string; readonly now: Date },
): Promise<boolean> {
  const where = { id, revokedAt: null, expiresAt: { gt: now } };
  return (await tx.session.count({ where })) === 1;
}

/** The live sessions of a user, the last one used first. */
export function listSessions(
  db: Database,
  userId: string,
  now: Date,
  lifetimes: Lifetimes,
): Promise<SessionRow[]> {
  return db.read<SessionRow>(Prisma.sql`
    SELECT * FROM "Session" WHERE ${isLive(userId, now, lifetimes)}
    ORDER BY "lastSeenAt" DESC, "id"`);
}

interface Surplus {
  readonly userId: string;
  /** The session that has just begun: it is the newest, whatever else began in its millisecond. */
  readonly newest: string;
  readonly keep: number;
  readonly now: Date;
}

/** Ends the live sessions of a user beyond the newest `keep`; answers those that ended. */
export async function revokeOldestSessions(
  db: Database,
  { userId, newest, keep, now }: Surplus,
  lifetimes: Lifetimes,
): Promise<SessionRow[]> {
  const live = isLive(userId, now, lifetimes);
  return db.write<SessionRow>(Prisma.sql`
    UPDATE "Session" SET "revokedAt" = ${now}
    WHERE ${live} AND "id" <> ${newest} AND "id" NOT IN (
      SELECT "id" FROM "Session" WHERE ${live} AND "id" <> ${newest}
      ORDER BY "createdAt" DESC, "id" LIMIT ${keep - 1}
    )
    RETURNING *`);
}

/** What can still be used: not ended, seen of late, and with a token or the cookie that is good. */
function isLive(
  userId: string,
  now: Date,
  { accessTokenSeconds, refreshTokenSeconds }: Lifetimes,
): Prisma.Sql {
  const seenAfter = addSeconds(now, -refreshTokenSeconds);
  const begunAfter = addSeconds(now, -Math.max(accessTokenSeconds, refreshTokenSeconds));
  return Prisma.sql`
    "userId" = ${userId} AND "revokedAt" IS NULL AND "expiresAt" > ${now}
    AND "lastSeenAt" > ${seenAfter}
    AND ("opaqueTokenHash" IS NOT NULL OR "rotatedAt" > ${begunAfter})`;
}
