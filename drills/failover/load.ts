import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { LOGIN, LOGOUT, REFRESH, REGISTER, SETUP } from '../../test/support/documents.ts';
import { send } from '../../test/support/gql.ts';
import { BENCH_PASSWORD as PASSWORD } from '../../bench/people.ts';

const PAUSE_MS = 50;

/** What was answered, and so must be there whatever happens to a server. */
export interface Acknowledged {
  readonly accounts: string[];
  readonly signIns: string[];
  readonly signOuts: string[];
  /** The last generation of each session that was answered. */
  readonly refreshes: Map<string, number>;
  /** The refresh token of each session that its client has now. */
  readonly tokens: Map<string, string>;
  refreshed: number;
  /** What clients were told that is never right here. */
  readonly wrongs: string[];
}

/** A client that does one thing again and again. */
interface Client {
  readonly name: string;
  /** When something was first answered that was asked after a moment; undefined until then. */
  readonly firstAnswerAfter: (moment: number) => number | undefined;
}

export interface Load {
  readonly acknowledged: Acknowledged;
  readonly clients: readonly Client[];
  /** Requests that were not answered, and were asked again. */
  readonly failures: () => number;
  /** When the last of those failed; undefined before the first. */
  readonly lastFailureAt: () => number | undefined;
  readonly stop: () => Promise<void>;
}

/** Makes an administrator, then refreshes, signs in and out and registers with a few clients at once. */
export async function startLoad(urls: readonly string[]): Promise<Load> {
  const acknowledged: Acknowledged = {
    accounts: ['admin'],
    signIns: [],
    signOuts: [],
    refreshes: new Map(),
    tokens: new Map(),
    refreshed: 0,
    wrongs: [],
  };
  const admin = { username: 'admin', password: PASSWORD };
  const first = (await send(urls[0]!, SETUP, { input: admin })).setup;
  if (first.__typename !== 'AuthPayload') throw new Error(`setup answered ${first.__typename}`);
  let [turn, failures, stopped] = [0, 0, false];
  let lastFailureAt: number | undefined;
  const next = () => urls[turn++ % urls.length]!;

  const signIn = async () => {
    const { login } = await send(next(), LOGIN, { input: admin });
    if (login.__typename !== 'AuthPayload') throw new Error(`login answered ${login.__typename}`);
    acknowledged.signIns.push(sessionOf(login.accessToken));
    return login;
  };
  const refresh = async (sessionId: string) => {
    const refreshToken = acknowledged.tokens.get(sessionId)!;
    const answer = (await send(next(), REFRESH, { input: { refreshToken } })).refresh;
    if (answer.__typename !== 'AuthPayload') throw new Lost(`refresh: ${answer.__typename}`);
    acknowledged.tokens.set(sessionId, answer.refreshToken);
    acknowledged.refreshes.set(sessionId, decodeJwt<{ gen: number }>(answer.refreshToken).gen);
    acknowledged.refreshed += 1;
  };
  const signInAndOut = async () => {
    const { accessToken } = await signIn();
    await send(next(), LOGOUT, {}, accessToken);
    acknowledged.signOuts.push(sessionOf(accessToken));
  };
  const register = (prefix: string) => {
    let count = 0;
    return async () => {
      const username = `${prefix}-${count++}`;
      const input = { username, password: PASSWORD };
      const answer = (await send(next(), REGISTER, { input })).register;
      if (answer.__typename !== 'AuthPayload') throw new Lost(`register: ${answer.__typename}`);
      acknowledged.accounts.push(username);
    };
  };

  const works: (readonly [string, () => Promise<unknown>])[] = [];
  for (let i = 0; i < 4; i++) {
    const { accessToken, refreshToken } = await signIn();
    const sessionId = sessionOf(accessToken);
    acknowledged.tokens.set(sessionId, refreshToken);
    works.push(['refresh', () => refresh(sessionId)]);
  }
  for (let i = 0; i < 2; i++) works.push(['sign in', signIn]);
  works.push(['sign in and out', signInAndOut], ['register', register('somebody')]);

  const clients = works.map(([name, work]) => {
    const answers: { readonly asked: number; readonly answered: number }[] = [];
    const run = async () => {
      while (!stopped) {
        const asked = performance.now();
        try {
          await work();
          answers.push({ asked, answered: performance.now() });
        } catch (error) {
          if (error instanceof Lost) return void acknowledged.wrongs.push(error.message);
          failures += 1;
          lastFailureAt = performance.now();
          await sleep(PAUSE_MS);
        }
      }
    };
    const firstAnswerAfter = (moment: number) =>
      answers.find(({ asked }) => asked > moment)?.answered;
    return { name, firstAnswerAfter, running: run() };
  });
  return {
    acknowledged,
    clients,
    failures: () => failures,
    lastFailureAt: () => lastFailureAt,
    stop: async () => {
      stopped = true;
      await Promise.all(clients.map(({ running }) => running));
    },
  };
}

/** A client was told that its token, or a name that is new, does not do. */
class Lost extends Error {}

function sessionOf(accessToken: string): string {
  return decodeJwt<{ sid: string }>(accessToken).sid;
}
