import { randomUUID } from 'node:crypto';
import type { TenantRole } from '../../src/core/roles.ts';
import { expectType, type TestApp } from './app.ts';
import { readOutbox } from './outbox.ts';
import { registerUser } from './people.ts';
import { INVITE_TENANT_MEMBER, OWN_TENANTS } from './tenant-documents.ts';

/** A person with a tenant of their own. */
export interface Owner {
  readonly id: string;
  readonly token: string;
  readonly tenantId: string;
}

/** Somebody who registered, with the tenant that they got. */
export async function registerOwner(app: TestApp, username: string): Promise<Owner> {
  const { accessToken, user } = await registerUser(app, username);
  const { data } = await app.graphql(OWN_TENANTS, {}, accessToken);
  return { id: user.id, token: accessToken, tenantId: data.me.tenants[0]!.id };
}

/** Puts somebody into a tenant, whatever stands in the way. */
export async function join(app: TestApp, tenantId: string, userId: string, role: TenantRole) {
  const { db, changes } = app.services;
  const data = { tenantId, userId, role, createdAt: app.clock.now() };
  await db.prisma.tenantMembership.create({ data });
  changes.publish({ kind: 'user', userId });
}

/** An owner of a tenant with an admin and a member, by names that nobody has. */
export async function team(app: TestApp, newOwner: () => Promise<Owner>) {
  const [owner, manager, member] = [await newOwner(), await newOwner(), await newOwner()];
  app.clock.step(1);
  await join(app, owner.tenantId, manager.id, 'ADMIN');
  await join(app, owner.tenantId, member.id, 'MEMBER');
  return { tenantId: owner.tenantId, owner, manager, member };
}

/** Makes users that never sign in, and members of a tenant of them. */
export async function joinMany(app: TestApp, tenantId: string, count: number, role: TenantRole) {
  const { db } = app.services;
  const times = { createdAt: app.clock.now(), updatedAt: app.clock.now() };
  const ids = Array.from({ length: count }, () => randomUUID()).sort();
  const users = ids.map((id) => ({ id, username: id, usernameKey: id, handleKey: id, ...times }));
  await db.prisma.user.createMany({ data: users });
  const { createdAt } = times;
  const memberships = ids.map((userId) => ({ tenantId, userId, role, createdAt }));
  await db.prisma.tenantMembership.createMany({ data: memberships });
  return ids;
}

/** The roles in a tenant by user. */
export async function rolesIn(app: TestApp, tenantId: string) {
  const rows = await app.services.db.prisma.tenantMembership.findMany({ where: { tenantId } });
  return Object.fromEntries(rows.map(({ userId, role }) => [userId, role]));
}

/** Invites an address; answers the invitation and the token that its mail holds. */
export async function invite(
  app: TestApp,
  { token, tenantId }: Owner,
  email: string,
  role: TenantRole = 'MEMBER',
) {
  const input = { tenantId, email, role };
  const { data } = await app.graphql(INVITE_TENANT_MEMBER, { input }, token);
  const { invitation } = expectType(data.inviteTenantMember, 'InviteTenantMemberPayload');
  return { invitation, invitationToken: await tokenMailedTo(app, email) };
}

/** The token in the last invitation to an address. */
export async function tokenMailedTo(app: TestApp, email: string): Promise<string> {
  const mails = (await readOutbox(app.services)).filter(
    ({ toAddress, kind }) => toAddress === email && kind === 'tenantInvitation',
  );
  const [, token] = /#token=([\w-]+)\n/.exec(mails.at(-1)?.text ?? '') ?? [];
  if (token === undefined) throw new Error(`no invitation was mailed to ${email}`);
  return token;
}
