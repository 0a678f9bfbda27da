import type { Database, Tx } from '../../db/database.ts';
import { violatedUnique } from '../../db/errors.ts';
import { insertRows } from '../../db/insert-rows.ts';
import type { UserRow } from '../../db/rows.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { AppError } from '../../core/errors.ts';
import type { Given } from '../../access/giving.ts';
import type { SystemRole, TenantRole } from '../../core/roles.ts';
import { defaultDashboardRow } from '../dashboards/store.ts';
import { deleteSetupToken } from '../setup/token-store.ts';
import { defaultProjectRows, ownTenantRows } from '../tenants/home-store.ts';
import { foldName, isEmailLike, keysOfLogin } from './rules.ts';

export type { UserRow };

/** What is of use to sign-in and to the search alone. */
const UNSHOWN = ['usernameKey', 'emailKey', 'nameKey', 'passwordHash'] as const;

/** What there is to show of a user, which is all that a list reads. */
export type ShownUser = Omit<UserRow, (typeof UNSHOWN)[number]>;

/** The columns of that. */
export const SHOWN = Object.values(Prisma.UserScalarFieldEnum).filter(
  (column): column is keyof ShownUser => !(UNSHOWN as readonly string[]).includes(column),
);

/** The ids of everything a new account comes with. */
interface AccountIds {
  readonly user: string;
  readonly tenant: string;
  readonly project: string;
  readonly dashboard: string;
}

/** What lets an account be the first of all: its maker showed the setup token, or needs none. */
export interface SetupPass {
  /** The stored token as it was when it was shown; undefined where none was compared with it. */
  readonly sealedToken: string | undefined;
}

/** A tenant and the role in it. */
export interface Place<R extends TenantRole = Given<TenantRole>> {
  readonly tenantId: string;
  readonly role: R;
}

/** An account on its way to the store, which takes it once its place was decided on. */
export interface NewAccount<R extends TenantRole = Given<TenantRole>> {
  readonly ids: AccountIds;
  readonly username: string | undefined;
  readonly email: string | undefined;
  readonly name: string;
  /** Null where they have no password yet. */
  readonly passwordHash: string | null;
  /** Whether they have to choose another password before they do anything else. */
  readonly mustChangePassword: boolean;
  readonly systemRole: Given<SystemRole>;
  readonly disabled: boolean;
  /** Absent: it gets a tenant of its own. */
  readonly joins: Place<R> | undefined;
  readonly withProject: boolean;
  readonly emailVerified: boolean;
  readonly referrerId: string | undefined;
  /** Absent: it cannot be the first account. */
  readonly setupPass: SetupPass | undefined;
  readonly now: Date;
}

/**
 * Makes a user with their tenant, or their place in one, and a default project. The transaction is lost
 * where it throws.
 * @throws USERNAME_TAKEN, EMAIL_TAKEN
 */
export async function insertAccountIn(tx: Tx, account: NewAccount): Promise<UserRow> {
  const [user] = await insertAccounts(tx, [account]).catch((error: unknown) => {
    throw asTaken(error, account);
  });
  if (!user) throw new Error('the database did not answer the user that it made');
  return user;
}

/**
 * Makes any number of users with all that they come with, in a few statements for all of them. Every
 * account is made here.
 * @throws SETUP_REQUIRED, SETUP_TOKEN_INVALID where the first account may not be made so
 */
export async function insertAccounts(
  tx: Tx,
  accounts: readonly NewAccount[],
): Promise<readonly UserRow[]> {
  if (!(await hasUsers(tx))) await completeSetup(tx, accounts);
  const homeless = accounts.filter(({ joins }) => !joins).map(ownTenant);
  const projects = accounts.filter(({ withProject }) => withProject).map(defaultProject);
  const joined = accounts.flatMap(({ joins, ids, now }) =>
    joins ? [{ tenantId: joins.tenantId, userId: ids.user, role: joins.role, createdAt: now }] : [],
  );
  const memberships = [...homeless.map(({ membership }) => membership), ...joined];
  const projectMemberships = projects.map(({ membership }) => membership);
  await insertRows(
    tx,
    'Tenant',
    homeless.map(({ tenant }) => tenant),
  );
  await insertRows(
    tx,
    'Project',
    projects.map(({ project }) => project),
  );
  const users = await insertRows<UserRow>(tx, 'User', accounts.map(userRow));
  await insertRows(tx, 'TenantMembership', memberships);
  await insertRows(tx, 'ProjectMembership', projectMemberships);
  await insertRows(tx, 'Dashboard', accounts.map(dashboardRow));
  return users;
}

/** Uses up the setup token with the first account. */
async function completeSetup(tx: Tx, accounts: readonly NewAccount[]): Promise<void> {
  const passes = accounts.map(({ setupPass }) => setupPass);
  if (passes.includes(undefined)) throw new AppError('SETUP_REQUIRED');
  const sealed = passes[0]?.sealedToken;
  const isDeleted = await deleteSetupToken(tx, sealed);
  if (sealed !== undefined && !isDeleted) throw new AppError('SETUP_TOKEN_INVALID');
}

function userRow(account: NewAccount) {
  const { ids, username, email, now } = account;
  return {
    id: ids.user,
    username: username ?? null,
    usernameKey: username === undefined ? null : foldName(username),
    email: email ?? null,
    emailKey: email === undefined ? null : foldName(email),
    handleKey: foldName(handleOf(account)),
    name: account.name,
    nameKey: foldName(account.name),
    passwordHash: account.passwordHash,
    mustChangePassword: account.mustChangePassword,
    systemRole: account.systemRole,
    disabled: account.disabled,
    emailVerifiedAt: account.emailVerified ? now : null,
    defaultProjectId: account.withProject ? ids.project : null,
    referrerId: account.referrerId ?? null,
    createdAt: now,
    updatedAt: now,
  };
}

function ownTenant(account: NewAccount) {
  const { ids, now } = account;
  return ownTenantRows({ id: ids.tenant, userId: ids.user, handle: handleOf(account), now });
}

function defaultProject(account: NewAccount) {
  const { ids, joins, now } = account;
  return defaultProjectRows({
    id: ids.project,
    tenantId: joins?.tenantId ?? ids.tenant,
    userId: ids.user,
    handle: handleOf(account),
    now,
  });
}

function dashboardRow({ ids, now }: NewAccount) {
  return defaultDashboardRow({ id: ids.dashboard, userId: ids.user, now });
}

function handleOf({ username, email }: NewAccount): string {
  return username ?? email ?? '';
}

/**
 * What a refused write of these names means; any other error stays what it is. handleKey repeats one of
 * the other two: which of the indexes complains is up to the database.
 */
export function asTaken(
  error: unknown,
  { username }: { readonly username?: string | undefined },
): unknown {
  const column = violatedUnique(error);
  if (column === undefined) return error;
  const isEmail = column === 'emailKey' || username === undefined;
  return new AppError(isEmail ? 'EMAIL_TAKEN' : 'USERNAME_TAKEN');
}

export async function hasUsers(tx: Tx): Promise<boolean> {
  return (await tx.user.findFirst({ select: { id: true } })) !== null;
}

/** Whether anybody is left who may do everything. */
export async function hasActiveAdmin(tx: Tx): Promise<boolean> {
  const where = { systemRole: 'ADMIN', disabled: false } as const;
  return (await tx.user.findFirst({ where, select: { id: true } })) !== null;
}

/** The system administrators who have a username: they are few, and have an index. */
export function listAdmins(
  tx: Tx,
): Promise<readonly { readonly id: string; readonly username: string }[]> {
  return tx.$queryRaw`
    SELECT "id", "username" FROM "User" WHERE "systemRole" = 'ADMIN' AND "username" IS NOT NULL`;
}

export async function findUser(db: Database, id: string): Promise<UserRow | undefined> {
  const [found] = await db.read<UserRow>(Prisma.sql`SELECT * FROM "User" WHERE "id" = ${id}`);
  return found;
}

/** Finds a user by what they sign in with: a username, or an e-mail address where it has an @. */
export async function findUserByLogin(db: Database, login: string): Promise<UserRow | undefined> {
  for (const key of keysOfLogin(login)) {
    const column = isEmailLike(key) ? Prisma.sql`"emailKey"` : Prisma.sql`"usernameKey"`;
    const [found] = await db.read<UserRow>(
      Prisma.sql`SELECT * FROM "User" WHERE ${column} = ${key}`,
    );
    if (found) return found;
  }
  return undefined;
}
