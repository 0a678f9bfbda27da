import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresql } from '../../src/db/engines/postgresql/database.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { DELETE_USER, UPDATE_USER } from '../support/user-documents.ts';
import { createUser, registerUser, setUpAdmin, signIn } from '../support/people.ts';

interface Admin {
  readonly id: string;
  readonly token: string;
}

const KINDS = ['disable', 'demote', 'delete'] as const;
type Kind = (typeof KINDS)[number];

describe.each(providers)('the last active administrator on %s', (provider) => {
  let app: TestApp;
  let first: Admin;

  beforeEach(async () => {
    app = await startApp({ provider });
    const { accessToken, user } = await setUpAdmin(app);
    first = { id: user.id, token: accessToken };
  });
  afterEach(() => app.close());

  const oust = async (kind: Kind, by: Admin, whom: string) => {
    const input = kind === 'disable' ? { disabled: true } : { systemRole: 'USER' as const };
    const { status, data, errors } = await (kind === 'delete'
      ? app.graphql(DELETE_USER, { input: { id: whom } }, by.token)
      : app.graphql(UPDATE_USER, { input: { id: whom, ...input } }, by.token));
    expect(status).toBe(200);
    const failed = errors[0]?.extensions.code;
    if (failed !== undefined) return failed;
    return 'deleteUser' in data ? data.deleteUser.__typename : data.updateUser.__typename;
  };

  /** More administrators, beside the first. */
  const raise = async (count: number): Promise<Admin[]> => {
    const admins = [first];
    for (let i = 1; i < count; i++) {
      const { id } = await createUser(app, first.token, `admin${i}`, { systemRole: 'ADMIN' });
      admins.push({ id, token: (await signIn(app, `admin${i}`)).accessToken });
    }
    return admins;
  };

  const activeAdmins = () =>
    app.services.db.prisma.user.count({ where: { systemRole: 'ADMIN', disabled: false } });

  /** What an ousted administrator may be told, by where the others' word met theirs. */
  const REFUSALS = ['FORBIDDEN', 'UNAUTHENTICATED', 'UserNotFoundError', 'LastAdminError'];
  const DONE = ['UpdateUserPayload', 'DeleteUserPayload'];

  it('stays when told in every way to oust themselves, fifty times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => oust(KINDS[i % 3]!, first, first.id)),
    );
    expect(new Set(answers)).toEqual(new Set(['LastAdminError']));
    expect(await activeAdmins()).toBe(1);
  });

  it.each(KINDS)('is left when two %s each other, fifty times at once', async (kind) => {
    const [a, b] = (await raise(2)) as [Admin, Admin];
    const tries = Array.from({ length: 50 }, (_, i) =>
      i % 2 === 0 ? oust(kind, a, b.id) : oust(kind, b, a.id),
    );
    const answers = await Promise.all(tries);
    expect(await activeAdmins()).toBe(1);
    expect(answers.filter((answer) => DONE.includes(answer)).length).toBeGreaterThan(0);
    for (const answer of answers) expect([...DONE, ...REFUSALS]).toContain(answer);
  });

  it.runIf(provider === 'postgresql').each(KINDS)(
    'is left when two %s each other and neither has committed yet',
    async (kind) => {
      const [a, b] = (await raise(2)) as [Admin, Admin];
      const tries = await whileNobodyCommits(() => [oust(kind, a, b.id), oust(kind, b, a.id)]);
      const answers = await Promise.all(tries);
      expect(answers.filter((answer) => DONE.includes(answer))).toHaveLength(1);
      expect(await activeAdmins()).toBe(1);
    },
  );

  it.each([3, 10])(
    'is left when %i oust each other in every way at once',
    async (count) => {
      const admins = await raise(count);
      const pairs = admins.flatMap((by, i) =>
        admins.filter((whom) => whom !== by).map((whom, j) => ({ by, whom, i, j })),
      );
      const answers = await Promise.all(
        pairs.map(({ by, whom, i, j }) => oust(KINDS[(i + j) % 3]!, by, whom.id)),
      );
      expect(await activeAdmins()).toBe(1);
      for (const answer of answers) expect([...DONE, ...REFUSALS]).toContain(answer);
    },
    60_000,
  );

  it('is not one who is disabled', async () => {
    const [, other] = (await raise(2)) as [Admin, Admin];
    expect(await oust('disable', first, other.id)).toBe('UpdateUserPayload');
    expect(await oust('demote', first, first.id)).toBe('LastAdminError');
    expect(await oust('delete', first, other.id)).toBe('DeleteUserPayload');
    expect(await activeAdmins()).toBe(1);
  });

  it('lets accounts that are being ousted by several at once go once', async () => {
    const admins = await raise(4);
    const { user } = await registerUser(app, 'victim');
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => oust('delete', admins[i % 4]!, user.id)),
    );
    expect(answers.filter((answer) => answer === 'DeleteUserPayload')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'UserNotFoundError')).toHaveLength(39);
  });

  /** Begins two works, and holds the end of the audit chain until both have come to a lock. */
  async function whileNobodyCommits<T>(begin: () => T): Promise<T> {
    const holder = await openPostgresql(app.databaseUrl);
    await holder.query('BEGIN; SELECT 1 FROM "AuditHead" FOR UPDATE');
    const begun = begin();
    // Asked outside of its transaction, which sees the activity of one moment.
    for (let waiting = 0; waiting < 2;) {
      const [row] = await app.services.db.prisma.$queryRaw<{ waiting: number }[]>`
        SELECT count(*)::int AS "waiting" FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      waiting = row?.waiting ?? 0;
    }
    await holder.query('COMMIT');
    await holder.end();
    return begun;
  }
});
