import type { Stock } from '../parity/effects.ts';

type Row = Readonly<Record<string, unknown>>;

/** A row before and after; absent where there was none, or is none. */
interface Change {
  readonly was: Row | undefined;
  readonly now: Row | undefined;
}

interface Watched {
  readonly key: readonly string[];
  /** Whether that is a change of how anybody signs in, or of what they may. */
  readonly counts: (change: Change, before: Stock, after: Stock) => boolean;
}

const SIGN_IN = [
  'username',
  'email',
  'passwordHash',
  'mustChangePassword',
  'totpEnabledAt',
  'systemRole',
  'disabled',
];
const KEY = ['scopes', 'expiresAt', 'revokedAt', 'replacedById', 'keyHash'];

const differs = (columns: readonly string[], { was, now }: Change) =>
  columns.some((column) => was?.[column] !== now?.[column]);

const isIn = (stock: Stock, table: string, id: unknown) =>
  stock.get(table)!.rows.some((row) => row['id'] === id);

/** A role above the lowest of its axis that comes or goes, in what was there before and is there after. */
const role =
  (lowest: string, table: string, column: string) =>
  ({ was, now }: Change, before: Stock, after: Stock): boolean => {
    const isRaised = [was, now].some((row) => row !== undefined && row['role'] !== lowest);
    const place = (was ?? now)![column];
    const isLasting = isIn(before, table, place) && isIn(after, table, place);
    return isRaised && isLasting && was?.['role'] !== now?.['role'];
  };

const WATCHED: Readonly<Record<string, Watched>> = {
  User: {
    key: ['id'],
    // A new account has no rights unless it has a role.
    counts: (change) =>
      change.was ? differs(SIGN_IN, change) : change.now?.['systemRole'] === 'ADMIN',
  },
  ApiKey: { key: ['id'], counts: (change) => differs(KEY, change) },
  TotpCredential: {
    key: ['userId'],
    counts: (change) => differs(['secret', 'confirmedAt'], change),
  },
  RecoveryCode: { key: ['codeHash'], counts: ({ was, now }) => !was || !now },
  OneTimeToken: {
    key: ['id'],
    counts: ({ was, now }) => was === undefined && now?.['purpose'] === 'email-change',
  },
  TenantMembership: {
    key: ['tenantId', 'userId'],
    counts: role('MEMBER', 'Tenant', 'tenantId'),
  },
  ProjectMembership: {
    key: ['projectId', 'userId'],
    counts: role('VIEWER', 'Project', 'projectId'),
  },
  TenantInvitation: {
    key: ['id'],
    counts: ({ was, now }) => was === undefined && now?.['role'] !== 'MEMBER',
  },
  Setting: {
    key: ['key'],
    counts: (change) =>
      (change.now ?? change.was)?.['key'] === 'auth' && differs(['value'], change),
  },
};

/** The tables that hold roles. */
const ROLES: ReadonlySet<string> = new Set(['TenantMembership', 'ProjectMembership']);

/** What has changed of how people sign in and what they may, by table. */
export function watchedChanges(before: Stock, after: Stock): readonly string[] {
  return Object.entries(WATCHED).flatMap(([table, { counts }]) =>
    changesIn(table, before, after)
      .filter((change) => counts(change, before, after))
      .map(
        ({ was, now }) => `${table} ${JSON.stringify(was ?? null)} ${JSON.stringify(now ?? null)}`,
      ),
  );
}

/** Whether a role was written at all, the lowest and those of what is new too. */
export function writesRoles(before: Stock, after: Stock): boolean {
  const isRole = ({ was, now }: Change) => now !== undefined && was?.['role'] !== now['role'];
  const isSystem = ({ was, now }: Change) =>
    now !== undefined &&
    (was ? was['systemRole'] !== now['systemRole'] : now['systemRole'] === 'ADMIN');
  return (
    [...ROLES].some((table) => changesIn(table, before, after).some(isRole)) ||
    changesIn('User', before, after).some(isSystem)
  );
}

function changesIn(table: string, before: Stock, after: Stock): readonly Change[] {
  if (before.get(table)!.text === after.get(table)!.text) return [];
  const { key } = WATCHED[table]!;
  const keyOf = (row: Row) => JSON.stringify(key.map((column) => row[column]));
  const old = new Map(before.get(table)!.rows.map((row) => [keyOf(row), row]));
  const changes = after.get(table)!.rows.map((now): Change => {
    const was = old.get(keyOf(now));
    old.delete(keyOf(now));
    return { was, now };
  });
  return [...changes, ...[...old.values()].map((was): Change => ({ was, now: undefined }))];
}
