import { ANONYMOUS } from '../../src/core/actor.ts';
import type { ProjectRole, TenantRole } from '../../src/core/roles.ts';
import { contextOf } from '../../src/core/context.ts';
import { signIn } from '../../src/features/sign-in/begin-session.ts';
import { newAccount } from '../../src/features/users/new-account.ts';
import { insertAccount } from './accounts.ts';
import type { TestApp } from './app.ts';
import { given } from './given.ts';
import { PASSWORD } from './people.ts';

/** Somebody who is signed in. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

let made = 0;

/** Somebody with a tenant of their own, or with a place in another's, and a project if it is wished. */
export async function addPerson(
  app: TestApp,
  options: {
    readonly joins?: { readonly tenantId: string; readonly role: TenantRole };
    readonly withProject?: boolean;
    readonly name?: string;
  } = {},
): Promise<Person> {
  const request = { id: 'people', ipAddress: '127.0.0.1', userAgent: undefined };
  const ctx = contextOf(app.services, ANONYMOUS, request);
  const username = options.name ?? `person${(made += 1)}`;
  const joins = options.joins && { ...options.joins, role: given(options.joins.role) };
  const account = await newAccount(
    ctx,
    { username, password: PASSWORD },
    { joins, withProject: options.withProject ?? false },
  );
  const user = await insertAccount(app.services.db, account);
  const { accessToken } = await signIn(ctx, user);
  return { id: user.id, name: username, token: accessToken };
}

/** A tenant with its owner and nobody else. */
export async function addTenant(app: TestApp) {
  const owner = await addPerson(app);
  const place = await app.services.db.prisma.tenantMembership.findFirstOrThrow({
    where: { userId: owner.id },
  });
  return { tenantId: place.tenantId, owner };
}

/** A project with these members, written straight to the database. */
export async function addProject(
  app: TestApp,
  tenantId: string,
  members: Partial<Record<ProjectRole, Person | readonly Person[]>>,
): Promise<string> {
  const id = app.services.random.uuid();
  const now = app.clock.now();
  const places = Object.entries(members).flatMap(([role, people]) =>
    [people].flat().map((person) => ({
      userId: person.id,
      role: role as ProjectRole,
      createdAt: now,
    })),
  );
  await app.services.db.prisma.project.create({
    data: {
      id,
      tenantId,
      name: 'a project',
      createdAt: now,
      updatedAt: now,
      memberships: { create: places },
    },
  });
  return id;
}

/** Who is in a project, by user id. */
export async function rolesIn(app: TestApp, projectId: string) {
  const places = await app.services.db.prisma.projectMembership.findMany({ where: { projectId } });
  return Object.fromEntries(places.map(({ userId, role }) => [userId, role]));
}
