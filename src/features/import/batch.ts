import { type Change, change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { requireStillAdmin } from '../users/change.ts';
import { accountOf, type Placement } from '../users/new-account.ts';
import { foldName } from '../users/rules.ts';
import { insertAccounts, type NewAccount } from '../users/store.ts';
import { type ImportedUser, type LineFault, readLine } from './line.ts';
import { type KnownUser, listUsersByKeys, retryWhereTaken } from './store.ts';

/** A line on its way in: what it holds, or why that cannot be read. */
export interface ImportLine {
  readonly line: number;
  readonly value?: unknown;
  readonly fault?: string;
}

/** What became of a line. */
export type LineOutcome = { readonly line: number } & (
  | { readonly outcome: 'CREATED' | 'EXISTS'; readonly userId: string }
  | ({ readonly outcome: 'REFUSED' } & LineFault)
);

export interface ImportRun {
  readonly joins: Placement['joins'];
  /** Find out what would become of each line, and write nothing. */
  readonly dryRun: boolean;
  /** Where it may make the first account of all. */
  readonly setupPass: Placement['setupPass'];
  /** When the run began: who was made since then was made by an earlier line of it. */
  readonly since: Date | undefined;
  /** The lines of names and addresses met so far; those of a batch where the database knows the others. */
  readonly seen: Map<string, number>;
}

type Verdict =
  LineOutcome | { readonly line: number; readonly outcome: 'NEW'; readonly user: ImportedUser };

/** Makes the users of some lines in one transaction; a line that cannot be taken holds up no other. */
export async function importBatch(
  ctx: Context,
  run: ImportRun,
  lines: readonly ImportLine[],
): Promise<readonly LineOutcome[]> {
  const verdicts = lines.map((line) => judge(line, run.seen));
  if (!run.dryRun) run.seen.clear();
  return retryWhereTaken(() => change(ctx, (writes) => settle(ctx, writes, run, verdicts)));
}

function judge({ line, value, fault }: ImportLine, seen: Map<string, number>): Verdict {
  const user = fault === undefined ? readLine(value) : { field: '', rule: fault };
  if ('rule' in user) return { line, outcome: 'REFUSED', ...user };
  for (const [field, key] of keysOf(user)) {
    const earlier = seen.get(`${field} ${key}`);
    if (earlier === undefined) continue;
    return { line, outcome: 'REFUSED', field, rule: `is that of line ${earlier}` };
  }
  for (const [field, key] of keysOf(user)) seen.set(`${field} ${key}`, line);
  return { line, outcome: 'NEW', user };
}

async function settle(
  ctx: Context,
  { tx, audit }: Change,
  run: ImportRun,
  verdicts: readonly Verdict[],
): Promise<readonly LineOutcome[]> {
  const known = await findKnown(tx, verdicts);
  const accounts: NewAccount[] = [];
  const outcomes = verdicts.map((verdict): LineOutcome => {
    if (verdict.outcome !== 'NEW') return verdict;
    const { line, user } = verdict;
    const owner = compare(user, known, run.since);
    if (owner) return { line, ...owner };
    const account = toAccount(ctx, user, run);
    if ('rule' in account) return { line, outcome: 'REFUSED', ...account };
    accounts.push(account);
    return { line, outcome: 'CREATED', userId: account.ids.user };
  });
  if (accounts.length === 0 || run.dryRun) return outcomes;
  if (accounts.some(({ systemRole }) => systemRole === 'ADMIN')) await requireStillAdmin(ctx, tx);
  await insertAccounts(tx, accounts);
  audit({ action: 'user.imported', details: { count: accounts.length } });
  return outcomes;
}

async function findKnown(
  tx: Tx,
  verdicts: readonly Verdict[],
): Promise<ReadonlyMap<string, KnownUser>> {
  const keys = verdicts.flatMap((verdict) =>
    verdict.outcome === 'NEW' ? keysOf(verdict.user) : [],
  );
  const of = (field: string) => keys.filter(([name]) => name === field).map(([, key]) => key);
  const users = await listUsersByKeys(tx, of('username'), of('email'));
  return new Map(
    users.flatMap((user) => [
      [`username ${user.usernameKey}`, user],
      [`email ${user.emailKey}`, user],
    ]),
  );
}

/** Whether somebody has the account already, or somebody else has its name or address. */
function compare(
  user: ImportedUser,
  known: ReadonlyMap<string, KnownUser>,
  since: Date | undefined,
) {
  const keys = keysOf(user);
  const owners = keys.map(([field, key]) => known.get(`${field} ${key}`));
  const first = owners.find((owner) => owner !== undefined);
  if (!first) return undefined;
  const field = keys[owners.indexOf(first)]?.[0] ?? '';
  if (owners.some((owner) => owner?.id !== first.id)) {
    return { outcome: 'REFUSED', field, rule: 'is that of somebody else' } as const;
  }
  if (since && first.createdAt >= since) {
    return { outcome: 'REFUSED', field, rule: 'is that of an earlier line' } as const;
  }
  return { outcome: 'EXISTS', userId: first.id } as const;
}

/** The account of a line, or that its name is kept for administrators and not the importer's to give. */
function toAccount(
  ctx: Context,
  { passwordHash = null, emailVerified, disabled, ...person }: ImportedUser,
  { joins, setupPass }: ImportRun,
): NewAccount | LineFault {
  try {
    const placement = { joins, setupPass, emailVerified: emailVerified === true };
    const account = accountOf(ctx, person, passwordHash, placement);
    return { ...account, disabled: disabled === true };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'USERNAME_TAKEN') throw error;
    return { field: 'username', rule: 'is kept for an administrator' };
  }
}

/** What nobody else may have, as the database compares it. */
function keysOf({ username, email }: ImportedUser): readonly (readonly [string, string])[] {
  const named = [
    ['username', username],
    ['email', email],
  ] as const;
  return named.flatMap(([field, text]) => (text == null ? [] : [[field, foldName(text)] as const]));
}
