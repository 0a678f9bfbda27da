import { AUTH_STATES, type AuthState } from '../core/auth-state.ts';
import type { Database, Tx } from '../db/database.ts';
import { Prisma } from '../db/generated/sqlite/client.ts';

/** The row of "Setting" that says so; the trigger that tells of its changes looks for it by this name. */
const KEY = 'auth';

/** What the database says. Where it says nothing, or nothing that is known, authentication is on. */
export async function findAuthState(db: Database): Promise<AuthState> {
  const [row] = await db.read<{ value: string }>(
    Prisma.sql`SELECT "value" FROM "Setting" WHERE "key" = ${KEY}`,
  );
  return toAuthState(row?.value);
}

/**
 * Takes the state for this transaction alone, as whoever changes it or relies on it does first; what is
 * read afterwards is what whoever had it before has left.
 */
export async function takeAuthState(tx: Tx, now: Date): Promise<AuthState> {
  const [row] = await tx.$queryRaw<{ value: string }[]>`
    INSERT INTO "Setting" AS known ("key", "value", "updatedAt") VALUES (${KEY}, 'on', ${now})
    ON CONFLICT ("key") DO UPDATE SET "value" = known."value"
    RETURNING "value"`;
  return toAuthState(row?.value);
}

/** Writes another state down, in a transaction that has taken it. */
export async function updateAuthState(tx: Tx, value: AuthState, now: Date): Promise<void> {
  await tx.setting.updateMany({ where: { key: KEY }, data: { value, updatedAt: now } });
}

/** A condition that holds while requests need not say who they are. */
export const AUTH_IS_OFF = Prisma.sql`EXISTS (
  SELECT 1 FROM "Setting" WHERE "key" = ${KEY} AND "value" IN ('off', 'skipped')
)`;

function toAuthState(value: string | undefined): AuthState {
  return AUTH_STATES.find((state) => state === value) ?? 'on';
}
