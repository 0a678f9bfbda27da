import { connect } from '../../src/db/client.ts';
import { Prisma } from '../../src/db/generated/sqlite/client.ts';
import { REFRESH } from '../../test/support/documents.ts';
import { send } from '../../test/support/gql.ts';
import type { Acknowledged } from './load.ts';

/** Everything that was answered and is not in the database, a line each. */
export async function lossesIn(
  databaseUrl: string,
  serverUrl: string,
  acknowledged: Acknowledged,
): Promise<readonly string[]> {
  const db = await connect({ databaseUrl });
  try {
    const users = await db.read<{ username: string }>(Prisma.sql`SELECT "username" FROM "User"`);
    const sessions = await db.read<{ id: string; generation: number; revokedAt: Date | null }>(
      Prisma.sql`SELECT "id", "generation", "revokedAt" FROM "Session"`,
    );
    const names = new Set(users.map(({ username }) => username));
    const known = new Map(sessions.map((session) => [session.id, session]));
    const { accounts, signIns, signOuts, refreshes, tokens, wrongs } = acknowledged;
    const unusable: string[] = [];
    for (const [id, refreshToken] of tokens) {
      const { refresh } = await send(serverUrl, REFRESH, { input: { refreshToken } });
      if (refresh.__typename !== 'AuthPayload') unusable.push(`the last token of ${id}`);
    }
    return [
      ...accounts.filter((name) => !names.has(name)).map((name) => `the account ${name}`),
      ...signIns.filter((id) => !known.has(id)).map((id) => `the sign-in ${id}`),
      ...signOuts.filter((id) => !known.get(id)?.revokedAt).map((id) => `the sign-out of ${id}`),
      ...[...refreshes]
        .filter(([id, generation]) => (known.get(id)?.generation ?? -1) < generation)
        .map(([id, generation]) => `generation ${generation} of ${id}`),
      ...unusable,
      ...wrongs,
    ];
  } finally {
    await db.close();
  }
}
