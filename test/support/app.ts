import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { Clock } from '../../src/adapters/clock.ts';
import type { Hasher } from '../../src/adapters/hasher.ts';
import type { Log } from '../../src/adapters/log.ts';
import { systemRandom } from '../../src/adapters/random.ts';
import { createApp } from '../../src/server/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { ENVIRONMENT } from '../../src/config/environment.ts';
import { closeServices, createServices } from '../../src/server/create-services.ts';
import type { Telemetry } from '../../src/core/telemetry.ts';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { createTestDatabase, type Stage } from './database.ts';
import { startFleet } from './fleet.ts';
import { ask } from './http.ts';

/** Cheap for tests; what the settings cost is measured elsewhere. */
const CHEAP_HASHES = { ARGON2_MEMORY_KIB: '64', ARGON2_TIME: '1' };
const SECRET_KEY = 'a secret key for tests: 32 bytes and more';

export interface TestOptions {
  readonly provider?: Stage;
  readonly env?: Readonly<Record<string, string>>;
  /** Another process over the database of a first one. */
  readonly databaseUrl?: string;
  /** Another clock for the database than for the process. */
  readonly databaseClock?: Clock;
  /** Another than the app would make itself. */
  readonly hasher?: Hasher;
  /** Listens to what takes note of the work. */
  readonly observe?: (telemetry: Telemetry) => Telemetry;
}

interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export interface GraphqlAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: T;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string } & Readonly<Record<string, unknown>>;
  }[];
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export type TestApp = Awaited<ReturnType<typeof startApp>>;

/** The whole app on a port of its own over a database of its own, with a clock that tests move. */
export async function startApp(options: TestOptions = {}) {
  const { provider = 'sqlite' } = options;
  const isFleet = provider === 'three processes';
  const database =
    options.databaseUrl === undefined
      ? await createTestDatabase(isFleet ? 'postgresql' : provider)
      : { url: options.databaseUrl, drop: () => Promise.resolve() };
  const env = {
    PROFILE: 'development',
    PUBLIC_URL: 'http://vestibule.test',
    SECRET_KEY,
    REST_ROOT: 'quazzar-os,dukatia',
    ...CHEAP_HASHES,
    // Most tests sign many people in from one address; those of the throttles turn them on.
    THROTTLE: 'off',
    ...options.env,
    DATABASE_URL: database.url,
  };
  const unknown = Object.keys(env).filter((name) => !(name in ENVIRONMENT.shape));
  if (unknown.length > 0) throw new Error(`no variables of the server: ${unknown.join(', ')}`);
  const config = loadConfig(env);
  const clock = createTestClock();
  const logged: LogLine[] = [];
  const made = await createServices(config, {
    clock,
    random: systemRandom,
    log: collect(logged),
    ...(options.hasher && { hasher: options.hasher }),
    ...(options.databaseClock && { databaseClock: options.databaseClock }),
  });
  const { observe = (telemetry) => telemetry } = options;
  const services = { ...made, telemetry: observe(made.telemetry) };
  const app = createApp(services);
  await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve));
  const own = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  // Then the app itself is asked for nothing: it lets a test look into the database.
  const fleet = isFleet ? await startFleet({ env, now: clock.now(), db: services.db }) : undefined;
  clock.onStep = fleet?.moveTo;
  const url = fleet?.url ?? own;

  const rest = async (
    method: string,
    path: string,
    request: { body?: unknown; token?: string | undefined; headers?: Record<string, string> } = {},
  ): Promise<RestAnswer> => {
    const { body, token, headers = {} } = request;
    await fleet?.settled();
    const answer = await ask(url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    fleet?.wrote();
    return { ...answer, body: parseJson(answer.text) };
  };

  const graphql = async <T, V>(
    document: TypedDocumentString<T, V>,
    variables: V,
    token?: string,
  ): Promise<GraphqlAnswer<T>> => {
    const body = { query: String(document), variables };
    const answer = await rest('POST', '/graphql', { body, token });
    const result = answer.body as { data: T; errors?: GraphqlAnswer<T>['errors'] };
    const { status, headers } = answer;
    return { status, headers, data: result.data, errors: result.errors ?? [] };
  };

  return {
    url,
    databaseUrl: database.url,
    services,
    clock,
    logged,
    /** Of this process. */
    server: app.server,
    /** Not yet listening. */
    management: app.management,
    fleet,
    rest,
    graphql,
    leave: app.leave,
    drain: app.drain,
    close: async () => {
      await fleet?.close();
      app.server.closeAllConnections();
      await app.drain();
      await closeServices(services, 0);
      await database.drop();
    },
  };
}

/** The result of a mutation, as the member of its union that the test expects. */
export function expectType<T extends { readonly __typename: string }, N extends T['__typename']>(
  result: T,
  typename: N,
): Extract<T, { readonly __typename: N }> {
  expect(result).toMatchObject({ __typename: typename });
  return result as Extract<T, { readonly __typename: N }>;
}

/** A clock that stands still at a whole second until it is told to step. */
function createTestClock() {
  let now = new Date('2026-01-31T09:30:00.000Z');
  const clock = {
    onStep: undefined as ((moment: Date) => void) | undefined,
    now: () => now,
    step: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
      clock.onStep?.(now);
    },
  };
  return clock;
}

function collect(lines: LogLine[]): Log {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
