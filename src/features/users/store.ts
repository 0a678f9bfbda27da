import type { Database } from '../../db/client.ts';
import { violatedUnique } from '../../db/errors.ts';
import { Prisma, type User } from '../../db/generated/sqlite/client.ts';
import { readNumber } from '../../db/sql.ts';
import { AppError } from '../../errors.ts';
import type { SystemRole } from '../../access/roles.ts';
import type { PageRequest } from '../../page.ts';
import { foldName, isEmailLike } from './rules.ts';

export type UserRow = User;

/** The ids of everything a new account comes with. */
interface AccountIds {
  readonly user: string;
  readonly tenant: string;
  readonly project: string;
}

export interface NewAccount {
  readonly ids: AccountIds;
  readonly username: string | undefined;
  readonly email: string | undefined;
  readonly name: string;
  readonly passwordHash: string;
  readonly systemRole: SystemRole;
  readonly now: Date;
}

/** Makes a user with a tenant and a default project of their own; all of it or nothing. */
export async function insertAccount(db: Database, account: NewAccount): Promise<UserRow> {
  try {
    return await db.prisma.$transaction((tx) => insertAccountIn(tx, account));
  } catch (error) {
    throw asTaken(error, account);
  }
}

/** The same for the very first user, once in the life of an installation; undefined when there is one. */
export async function insertFirstAccount(
  db: Database,
  account: NewAccount,
): Promise<UserRow | undefined> {
  try {
    return await db.prisma.$transaction(async (tx) => {
      await tx.setting.create({
        data: { key: 'setup', value: account.ids.user, updatedAt: account.now },
      });
      if ((await tx.user.count({ take: 1 })) > 0) throw new AppError('SETUP_DONE');
      return insertAccountIn(tx, account);
    });
  } catch (error) {
    if (violatedUnique(error) !== undefined) return undefined;
    if (error instanceof AppError && error.code === 'SETUP_DONE') return undefined;
    throw error;
  }
}

async function insertAccountIn(
  tx: Prisma.TransactionClient,
  account: NewAccount,
): Promise<UserRow> {
  const { ids, username, email, now } = account;
  const times = { createdAt: now, updatedAt: now };
  const usernameKey = username === undefined ? null : foldName(username);
  const emailKey = email === undefined ? null : foldName(email);
  const handle = username ?? email ?? '';

  await tx.user.create({
    data: {
      id: ids.user,
      username: username ?? null,
      usernameKey,
      email: email ?? null,
      emailKey,
      handleKey: foldName(handle),
      name: account.name,
      passwordHash: account.passwordHash,
      systemRole: account.systemRole,
      ...times,
    },
  });
  const owner = { userId: ids.user, role: 'OWNER', createdAt: now } as const;
  await tx.tenant.create({
    data: { id: ids.tenant, name: handle, ...times, memberships: { create: owner } },
  });
  await tx.project.create({
    data: {
      id: ids.project,
      tenantId: ids.tenant,
      name: `${handle}'s project`,
      ...times,
      memberships: { create: owner },
    },
  });
  return tx.user.update({ where: { id: ids.user }, data: { defaultProjectId: ids.project } });
}

/** handleKey repeats one of the other two: which of the indexes complains is up to the database. */
function asTaken(error: unknown, account: NewAccount): unknown {
  const column = violatedUnique(error);
  if (column === undefined) return error;
  const isEmail = column === 'emailKey' || account.username === undefined;
  return new AppError(isEmail ? 'EMAIL_TAKEN' : 'USERNAME_TAKEN');
}

export async function hasUsers(db: Database): Promise<boolean> {
  return (await db.prisma.user.findFirst({ select: { id: true } })) !== null;
}

/** Finds a user by what they sign in with: a username, or an e-mail address where it has an @. */
export async function findUserByLogin(db: Database, login: string): Promise<UserRow | undefined> {
  const key = foldName(login.trim());
  const where = isEmailLike(key) ? { emailKey: key } : { usernameKey: key };
  return (await db.prisma.user.findUnique({ where })) ?? undefined;
}

/** Users by name, one more than the limit so that the caller sees whether there are more. */
export function listUsers(db: Database, page: PageRequest): Promise<UserRow[]> {
  const { direction, key, limit } = page;
  const [sign, order] =
    direction === 'forward' ? [Prisma.sql`>`, Prisma.sql`ASC`] : [Prisma.sql`<`, Prisma.sql`DESC`];
  const from = key === undefined ? Prisma.empty : Prisma.sql`WHERE "handleKey" ${sign} ${key}`;
  return db.prisma.$queryRaw<UserRow[]>`
    SELECT * FROM "User" ${from} ORDER BY "handleKey" ${order} LIMIT ${limit + 1}`;
}

export async function countUsers(db: Database): Promise<number> {
  const [row] = await db.prisma.$queryRaw<{ count: number | bigint }[]>`
    SELECT count(*) AS "count" FROM "User"`;
  return readNumber(row?.count ?? 0);
}
