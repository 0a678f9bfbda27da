import { roleByRule } from '../../access/giving.ts';
import type { Tx } from '../../db/database.ts';
import { isIdShaped } from '../../core/id-shape.ts';

/** The tenant of somebody who has none. */
interface OwnTenant {
  readonly id: string;
  readonly userId: string;
  /** What its owner is called. */
  readonly handle: string;
  readonly now: Date;
}

/** The first project of a person, in a tenant of theirs or one that they joined. */
interface DefaultProject extends OwnTenant {
  readonly tenantId: string;
}

/** A tenant named after its owner, and the membership that makes them one. */
export function ownTenantRows({ id, userId, handle, now }: OwnTenant) {
  // Names of before that rule: an account keeps its own, a tenant gets no such name from it.
  const name = isIdShaped(handle) ? `${handle}'s tenant` : handle;
  return {
    tenant: { id, name, createdAt: now, updatedAt: now },
    membership: { tenantId: id, userId, role: roleByRule('account', 'OWNER'), createdAt: now },
  } as const;
}

/** A project named after its owner, and the membership that makes them one. */
export function defaultProjectRows({ id, tenantId, userId, handle, now }: DefaultProject) {
  return {
    project: { id, tenantId, name: `${handle}'s project`, createdAt: now, updatedAt: now },
    membership: { projectId: id, userId, role: roleByRule('account', 'OWNER'), createdAt: now },
  } as const;
}

/** Makes a tenant for somebody who has none, with a default project in it. */
export async function insertHome(
  tx: Tx,
  home: {
    readonly tenantId: string;
    readonly projectId: string;
    readonly userId: string;
    readonly now: Date;
  },
): Promise<void> {
  const { tenantId, projectId, userId, now } = home;
  const { username, email } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
  const owner = { userId, handle: username ?? email ?? '', now };
  const own = ownTenantRows({ ...owner, id: tenantId });
  const first = defaultProjectRows({ ...owner, id: projectId, tenantId });
  await tx.tenant.create({ data: own.tenant });
  await tx.tenantMembership.create({ data: own.membership });
  await tx.project.create({ data: first.project });
  await tx.projectMembership.create({ data: first.membership });
  await tx.user.update({ where: { id: userId }, data: { defaultProjectId: projectId } });
}
