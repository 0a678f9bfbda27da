import type { Given } from '../../access/giving.ts';
import type { TenantRole } from '../../core/roles.ts';
import type { Database, Tx } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { Prisma, type TenantInvitation } from '../../db/generated/sqlite/client.ts';
import type { OldRows } from '../../db/old-rows.ts';
import { newestFirst } from '../../db/newest-first.ts';
import { AppError } from '../../core/errors.ts';
import type { PageRequest } from '../../core/page.ts';
import type { UserRow } from '../users/store.ts';
import type { NewInvitation } from './rules.ts';

export type InvitationRow = TenantInvitation;

/** Keeps an invitation in the place of an older one for the same address; forgets what has run out. */
export async function insertInvitation(tx: Tx, row: NewInvitation): Promise<InvitationRow> {
  const { tenantId, emailKey, createdAt } = row;
  await tx.tenantInvitation.deleteMany({
    where: { tenantId, OR: [{ emailKey }, { expiresAt: { lte: createdAt } }] },
  });
  return tx.tenantInvitation.create({ data: row });
}

/** The role that an address is invited to in a tenant already; undefined where it is not. */
export async function findInvitedRole(
  tx: Tx,
  { tenantId, emailKey, createdAt }: NewInvitation,
): Promise<TenantRole | undefined> {
  const where = { tenantId_emailKey: { tenantId, emailKey }, expiresAt: { gt: createdAt } };
  return (await tx.tenantInvitation.findUnique({ where }))?.role;
}

/** Whether a member of the tenant has the address. */
export async function isMemberAddress(
  tx: Tx,
  { tenantId, emailKey }: NewInvitation,
): Promise<boolean> {
  const rows = await tx.$queryRaw<object[]>`
    SELECT 1 AS "found" FROM "User" JOIN "TenantMembership" ON "userId" = "id"
    WHERE "emailKey" = ${emailKey} AND "tenantId" = ${tenantId}`;
  return rows.length > 0;
}

/** The pending invitations of a tenant, the newest first, one more than the limit. */
export function listInvitations(
  db: Database,
  { tenantId, now }: { tenantId: string; now: Date },
  page: PageRequest<readonly [number, string]>,
): Promise<InvitationRow[]> {
  return db.read<InvitationRow>(Prisma.sql`
    SELECT * FROM "TenantInvitation"
    WHERE "tenantId" = ${tenantId} AND "expiresAt" > ${now} ${newestFirst('createdAt', page)}`);
}

/** An invitation of a tenant that is pending still. */
export async function findInvitation(
  tx: Tx,
  { id, tenantId, now }: { id: string; tenantId: string; now: Date },
): Promise<InvitationRow | undefined> {
  const where = { id, tenantId, expiresAt: { gt: now } };
  return (await tx.tenantInvitation.findUnique({ where })) ?? undefined;
}

/** Looks an invitation up by its token without taking it. */
export async function findInvitationByToken(
  db: Database,
  { tokenHash, now }: { tokenHash: string; now: Date },
): Promise<InvitationRow | undefined> {
  const [found] = await db.read<InvitationRow>(Prisma.sql`
    SELECT * FROM "TenantInvitation" WHERE "tokenHash" = ${tokenHash} AND "expiresAt" > ${now}`);
  return found;
}

/** Takes an invitation away; of any number that try at once one is told that it did. */
export async function consumeInvitation(
  tx: Tx,
  { id, now }: { id: string; now: Date },
): Promise<boolean> {
  const { count } = await tx.tenantInvitation.deleteMany({ where: { id, expiresAt: { gt: now } } });
  return count === 1;
}

/** Takes back every pending invitation that a user sent; answers how many there were. */
export async function deleteInvitationsBy(tx: Tx, inviterId: string): Promise<number> {
  return (await tx.tenantInvitation.deleteMany({ where: { inviterId } })).count;
}

/** Whoever invited, and the role they have now in the tenant. */
export async function findInviter(
  tx: Tx,
  { inviterId, tenantId }: InvitationRow,
): Promise<{ readonly user: UserRow; readonly role: TenantRole | undefined } | undefined> {
  const found = await tx.user.findUnique({
    where: { id: inviterId },
    include: { tenantMemberships: { where: { tenantId } } },
  });
  return found ? { user: found, role: found.tenantMemberships[0]?.role } : undefined;
}

/**
 * Makes somebody a member of a tenant.
 * @throws ALREADY_MEMBER
 */
export async function insertMembership(
  tx: Tx,
  data: { tenantId: string; userId: string; role: Given<TenantRole>; createdAt: Date },
): Promise<void> {
  try {
    await tx.tenantMembership.create({ data });
  } catch (error) {
    throw isUniqueViolation(error) ? new AppError('ALREADY_MEMBER') : error;
  }
}

/** Invitations that ran out before a moment. */
export function expiredInvitations(before: Date): OldRows {
  const where = Prisma.sql`"expiresAt" < ${before}`;
  return { table: 'TenantInvitation', where, order: 'expiresAt' };
}
