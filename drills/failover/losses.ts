import pg from 'pg';
import { REFRESH } from '../../test/support/documents.ts';
import { send } from '../../test/support/gql.ts';
import type { Acknowledged } from './load.ts';

/** Everything that was answered and is not in the database, a line each. */
export async function lossesIn(
  databaseUrl: string,
  serverUrl: string,
  acknowledged: Acknowledged,
): Promise<readonly string[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows: users } = await client.query<{ username: string }>(
      'SELECT "username" FROM "User"',
    );
    const { rows: sessions } = await client.query<{
      id: string;
      generation: number;
      revokedAt: Date | null;
    }>('SELECT "id", "generation", "revokedAt" FROM "Session"');
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
    await client.end();
  }
}
