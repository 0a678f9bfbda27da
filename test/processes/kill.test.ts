import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/db/client.ts';
import { expectType } from '../support/app.ts';
import { createTestDatabase, providers, type TestDatabase } from '../support/database.ts';
import { LOGIN, ME, REFRESH, SETUP } from '../support/documents.ts';
import { send } from '../support/gql.ts';
import { PASSWORD } from '../support/people.ts';
import { INSTALLATION, startProcess } from '../support/process.ts';

const CLIENTS = 8;
/** The long form is KILL_ROUNDS=50. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 2);

describe.each(providers)('kill -9 in a storm of refreshes on %s', (provider) => {
  let database: TestDatabase;
  let env: Record<string, string>;
  beforeAll(async () => {
    database = await createTestDatabase(provider);
    env = { ...INSTALLATION, DATABASE_URL: database.url };
  });
  afterAll(() => database.drop());

  it(
    'loses and doubles no session, and the last token that was answered works',
    async () => {
      let server = await startProcess(env);
      await send(server.url, SETUP, { input: { username: 'admin', password: PASSWORD } });
      const input = { username: 'admin', password: PASSWORD };
      const tokens: string[] = [];
      for (let i = 0; i < CLIENTS; i++) {
        const { login } = await send(server.url, LOGIN, { input });
        tokens.push(expectType(login, 'AuthPayload').refreshToken);
      }
      let refreshes = 0;

      /** Refreshes until the server is gone; what was answered is what the client keeps. */
      const storm = async (client: number, url: string) => {
        for (;;) {
          const variables = { input: { refreshToken: tokens[client]! } };
          const answer = await send(url, REFRESH, variables).catch(() => undefined);
          if (!answer) return;
          tokens[client] = expectType(answer.refresh, 'AuthPayload').refreshToken;
          refreshes += 1;
        }
      };

      for (let round = 0; round < ROUNDS; round++) {
        const goal = refreshes + CLIENTS;
        const storms = tokens.map((_token, client) => storm(client, server.url));
        await expect.poll(() => refreshes, { timeout: 10_000, interval: 1 }).toBeGreaterThan(goal);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
        await server.stop('SIGKILL');
        await Promise.all(storms);
        server = await startProcess(env);
        for (const [client, refreshToken] of tokens.entries()) {
          const { refresh } = await send(server.url, REFRESH, { input: { refreshToken } });
          const pair = expectType(refresh, 'AuthPayload');
          await send(server.url, ME, {}, pair.accessToken);
          tokens[client] = pair.refreshToken;
        }
      }
      await server.stop();

      const db = await connect({ databaseUrl: database.url });
      // One of the first sign-in at setup, one for each client.
      expect(await db.prisma.session.count()).toBe(CLIENTS + 1);
      expect(await db.prisma.session.count({ where: { revokedAt: null } })).toBe(CLIENTS + 1);
      await db.close();
    },
    60_000 + ROUNDS * 6_000,
  );
});
