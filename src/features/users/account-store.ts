import {
  POLICY,
  roleGrants,
  type SystemPermission,
  type TenantPermission,
} from '../../access/policy.ts';
import { outranks, SYSTEM_ROLES, type SystemRole, TENANT_ROLES } from '../../core/roles.ts';
import type { Given } from '../../access/giving.ts';
import type { Database, Tx } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { AUTH_IS_OFF } from '../../authentication/auth-state-store.ts';
import { foldName } from './rules.ts';
import type { UserRow } from './store.ts';

/** What of an account is to be different. */
export interface AccountChange<R extends SystemRole = SystemRole> {
  readonly name?: string;
  readonly username?: string;
  readonly systemRole?: R;
  readonly disabled?: boolean;
}

/** The same with the role that it gives decided on. */
export type AllowedChange = AccountChange<Given<SystemRole>>;

export interface TakenAccount {
  readonly account: UserRow;
  /** Whether it is the only active system administrator there is. */
  readonly isLastAdmin: boolean;
}

/**
 * Takes an account for this transaction alone. With `admins` also every active administrator, in the
 * one order that everybody takes them in: of two who disable each other at once the second then sees
 * what the first did. SQLite has one writing transaction at a time.
 */
export async function takeAccount(
  db: Database,
  tx: Tx,
  { id, admins }: { readonly id: string; readonly admins: boolean },
): Promise<TakenAccount | undefined> {
  const others = admins ? Prisma.sql`OR ${ACTIVE_ADMIN}` : Prisma.empty;
  const rows = await tx.$queryRaw<UserRow[]>`
    SELECT * FROM "User" WHERE "id" = ${id} ${others} ORDER BY "id" ${db.engine.lock}`;
  const account = rows.find((row) => row.id === id);
  if (!account) return undefined;
  const isLastAdmin = admins && countsAsAdmin(account) && rows.filter(countsAsAdmin).length === 1;
  return { account, isLastAdmin };
}

/**
 * Changes an account, if the manager may do all that is asked for by what holds at this moment, and
 * if an active administrator is left.
 */
export async function updateAccount(
  tx: Tx,
  change: {
    readonly id: string;
    /** Undefined: whoever calls while authentication is off, who manages everybody. */
    readonly managerId?: string | undefined;
    /** The operator at the machine, who may all. */
    readonly isOperator: boolean;
    readonly permissions: readonly (SystemPermission | TenantPermission)[];
    readonly set: AllowedChange;
    readonly now: Date;
  },
): Promise<UserRow | undefined> {
  const { managerId } = change;
  const allowed =
    managerId === undefined
      ? [change.isOperator ? Prisma.sql`1 = 1` : AUTH_IS_OFF]
      : change.permissions.map((asked) => manageable(managerId, asked));
  const { systemRole, disabled } = change.set;
  if (systemRole === 'USER' || disabled === true) allowed.push(LEAVES_AN_ADMIN);
  const [updated] = await tx.$queryRaw<UserRow[]>`
    UPDATE "User" SET ${assignments(change.set, change.now)}
    WHERE "id" = ${change.id} AND ${Prisma.join(allowed, ' AND ')}
    RETURNING *`;
  return updated;
}

/** Deletes an account with everything that is its own. */
export async function deleteAccount(tx: Tx, id: string): Promise<void> {
  await tx.user.deleteMany({ where: { id } });
}

/** Changes the display name of somebody; undefined where they are gone. */
export async function updateName(
  tx: Tx,
  { id, name, now }: { readonly id: string; readonly name: string; readonly now: Date },
): Promise<UserRow | undefined> {
  const [updated] = await tx.$queryRaw<UserRow[]>`
    UPDATE "User" SET ${assignments({ name }, now)} WHERE "id" = ${id} RETURNING *`;
  return updated;
}

/** A user whom somebody may see: themselves, or whoever they may read in a tenant or everywhere. */
export async function findVisibleUser(
  tx: Tx,
  { id, viewerId }: { readonly id: string; readonly viewerId: string },
): Promise<UserRow | undefined> {
  const roles = TENANT_ROLES.filter((role) => tenantGrants(role, 'users:read'));
  const [found] = await tx.$queryRaw<UserRow[]>`
    SELECT * FROM "User" WHERE "id" = ${id} AND (
      "id" = ${viewerId}
      OR EXISTS (
        SELECT 1 FROM "User" AS me WHERE me."id" = ${viewerId} AND ${systemGrants('users:read')}
      )
      OR EXISTS (
        SELECT 1 FROM "TenantMembership" AS mine
        JOIN "TenantMembership" AS theirs ON theirs."tenantId" = mine."tenantId"
        WHERE mine."userId" = ${viewerId} AND mine."role" IN (${Prisma.join(roles)})
          AND theirs."userId" = "User"."id"
      )
    )`;
  return found;
}

const ACTIVE_ADMIN = Prisma.sql`("systemRole" = 'ADMIN' AND NOT "disabled")`;

const LEAVES_AN_ADMIN = Prisma.sql`(
  NOT ${ACTIVE_ADMIN} OR EXISTS (
    SELECT 1 FROM "User" AS other
    WHERE other."systemRole" = 'ADMIN' AND NOT other."disabled" AND other."id" <> "User"."id"
  )
)`;

/** Whether somebody is a system administrator at this moment. */
export async function isActiveAdmin(tx: Tx, id: string): Promise<boolean> {
  const where = { id, systemRole: 'ADMIN', disabled: false } as const;
  return (await tx.user.findFirst({ where, select: { id: true } })) !== null;
}

function countsAsAdmin({ systemRole, disabled }: UserRow): boolean {
  return systemRole === 'ADMIN' && !disabled;
}

function assignments(set: AccountChange, now: Date): Prisma.Sql {
  const { name, username, systemRole, disabled } = set;
  const parts = [Prisma.sql`"updatedAt" = ${now}`];
  if (name !== undefined) {
    parts.push(Prisma.sql`"name" = ${name}, "nameKey" = ${foldName(name)}`);
  }
  if (username !== undefined) {
    const key = foldName(username);
    parts.push(Prisma.sql`"username" = ${username}, "usernameKey" = ${key}, "handleKey" = ${key}`);
  }
  if (systemRole !== undefined) parts.push(Prisma.sql`"systemRole" = ${systemRole}`);
  if (disabled !== undefined) parts.push(Prisma.sql`"disabled" = ${disabled}`);
  return Prisma.join(parts);
}

/**
 * The row of "User" is one that the manager may manage: by their system role anyone; by their role in
 * tenants who is in none where they may not, stands in none above them and is no administrator.
 */
function manageable(managerId: string, permission: SystemPermission | TenantPermission) {
  const above = TENANT_ROLES.filter((role) => tenantGrants(role, permission)).map((role) => {
    const below = TENANT_ROLES.filter((other) => !outranks(other, role));
    return Prisma.sql`(mine."role" = ${role} AND theirs."role" IN (${Prisma.join(below)}))`;
  });
  const byTenant =
    above.length === 0
      ? Prisma.empty
      : Prisma.sql`OR (
          "User"."systemRole" = 'USER'
          AND EXISTS (SELECT 1 FROM "TenantMembership" WHERE "userId" = "User"."id")
          AND NOT EXISTS (
            SELECT 1 FROM "TenantMembership" AS theirs
            WHERE theirs."userId" = "User"."id" AND NOT EXISTS (
              SELECT 1 FROM "TenantMembership" AS mine
              WHERE mine."userId" = ${managerId} AND mine."tenantId" = theirs."tenantId"
                AND (${Prisma.join(above, ' OR ')})
            )
          )
        )`;
  return Prisma.sql`EXISTS (
    SELECT 1 FROM "User" AS me
    WHERE me."id" = ${managerId} AND NOT me."disabled" AND (${systemGrants(permission)} ${byTenant})
  )`;
}

/** The row of `me` has a system role that carries the permission. */
function systemGrants(permission: SystemPermission | TenantPermission): Prisma.Sql {
  const roles = SYSTEM_ROLES.filter((role) => roleGrants(role, permission));
  return Prisma.sql`me."systemRole" IN (${Prisma.join(roles)})`;
}

function tenantGrants(role: (typeof TENANT_ROLES)[number], permission: string): boolean {
  return (POLICY.tenant[role] as readonly string[]).includes(permission);
}
