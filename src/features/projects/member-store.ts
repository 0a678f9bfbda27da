import type { Given } from '../../access/giving.ts';
import type { ProjectRole } from '../../core/roles.ts';
import type { Tx } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { AppError } from '../../core/errors.ts';
import { keysOfLogin } from '../users/rules.ts';
import type { ProjectMemberRow } from './store.ts';

/** How a caller names a person: one of the two. */
export interface PersonInput {
  readonly userId?: string | null | undefined;
  /** The username, or the e-mail address of somebody who has none. */
  readonly username?: string | null | undefined;
}

/** Who of a tenant a caller means; undefined where it is nobody, in another tenant or nowhere. */
export async function findTenantMember(
  tx: Tx,
  tenantId: string,
  person: PersonInput,
): Promise<Pick<ProjectMemberRow, 'userId' | 'username' | 'name'> | undefined> {
  const [found] = await tx.$queryRaw<Pick<ProjectMemberRow, 'userId' | 'username' | 'name'>[]>`
    SELECT "userId", "username", "name"
    FROM "User" JOIN "TenantMembership" ON "userId" = "User"."id"
    WHERE "tenantId" = ${tenantId} AND ${isPerson(person)}`;
  return found;
}

/** A member of a project by who they are. */
export async function getProjectMember(
  tx: Tx,
  projectId: string,
  person: PersonInput,
): Promise<ProjectMemberRow> {
  const [found] = await tx.$queryRaw<ProjectMemberRow[]>`
    SELECT "userId", "username", "name", "role", "ProjectMembership"."createdAt" AS "joinedAt"
    FROM "User" JOIN "ProjectMembership" ON "userId" = "User"."id"
    WHERE "projectId" = ${projectId} AND ${isPerson(person)}`;
  if (!found) throw new AppError('MEMBER_NOT_FOUND');
  return found;
}

interface Place<R extends ProjectRole = ProjectRole> {
  readonly projectId: string;
  readonly userId: string;
  readonly role: Given<R>;
  readonly now: Date;
}

/** Gives somebody a place in a project; says whether they had none. */
export async function insertProjectMember(tx: Tx, place: Place): Promise<boolean> {
  const { projectId, userId, role, now } = place;
  const count = await tx.$executeRaw`
    INSERT INTO "ProjectMembership" ("projectId", "userId", "role", "createdAt")
    VALUES (${projectId}, ${userId}, ${role}, ${now})
    ON CONFLICT ("projectId", "userId") DO NOTHING`;
  return count === 1;
}

/** Gives a member who is not the owner another role. */
export async function updateProjectRole(
  tx: Tx,
  { projectId, userId, role }: Omit<Place, 'now'>,
): Promise<void> {
  const where = { projectId, userId, role: { not: 'OWNER' } } as const;
  await tx.projectMembership.updateMany({ where, data: { role } });
}

/** Ends the part in a project of a member who is not the owner. */
export async function deleteProjectMember(
  tx: Tx,
  { projectId, userId }: Pick<Place, 'projectId' | 'userId'>,
): Promise<void> {
  const where = { projectId, userId, role: { not: 'OWNER' } } as const;
  await tx.projectMembership.deleteMany({ where });
}

/** Makes somebody the owner; the owner until then is an editor. Answers since when they are a member. */
export async function passProject(
  tx: Tx,
  { projectId, userId, role, now }: Place<'OWNER'>,
): Promise<Date> {
  // In this order: a project never has two owners, not for the length of a statement either.
  await tx.projectMembership.updateMany({
    where: { projectId, role: 'OWNER' },
    data: { role: 'EDITOR' },
  });
  const [owning] = await tx.$queryRaw<{ createdAt: Date }[]>`
    INSERT INTO "ProjectMembership" ("projectId", "userId", "role", "createdAt")
    VALUES (${projectId}, ${userId}, ${role}, ${now})
    ON CONFLICT ("projectId", "userId") DO UPDATE SET "role" = excluded."role"
    RETURNING "createdAt"`;
  return owning?.createdAt ?? now;
}

function isPerson({ userId, username }: PersonInput): Prisma.Sql {
  if (userId != null) return Prisma.sql`"User"."id" = ${userId}`;
  const [first = '', ...others] = keysOfLogin(username ?? '');
  const isFirst = Prisma.sql`"User"."handleKey" = ${first}`;
  const isOther = others.map(
    (key) => Prisma.sql`"User"."handleKey" = ${key} AND NOT EXISTS (
      SELECT 1 FROM "User" AS known WHERE known."handleKey" = ${first}
    )`,
  );
  return Prisma.sql`(${Prisma.join([isFirst, ...isOther], ' OR ')})`;
}
