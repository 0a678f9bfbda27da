import { setTimeout as sleep } from 'node:timers/promises';
import { LOGIN, ME, REFRESH } from '../../test/support/documents.ts';
import { ask } from '../../test/support/http.ts';
import { COUNT_USERS } from '../../test/support/user-documents.ts';
import { BENCH_PASSWORD as PASSWORD } from '../../bench/people.ts';

const PAUSE_MS = 50;

/** Somebody who asks the same again and again. */
export interface Watch {
  readonly name: string;
  readonly answered: () => number;
  /** How often, by the code or the status of the answer. */
  readonly failed: ReadonlyMap<string, number>;
  readonly longestMs: () => number;
  readonly lastFailureAt: () => number | undefined;
  readonly stop: () => Promise<void>;
}

/** Asks until it is stopped. @param question what it is answered with, where that is no good */
export function watch(name: string, question: () => Promise<string | undefined>): Watch {
  const failed = new Map<string, number>();
  let [answered, longestMs, stopped] = [0, 0, false];
  let lastFailureAt: number | undefined;
  const run = async () => {
    while (!stopped) {
      const asked = performance.now();
      const fault = await question().catch((error: Error) => error.message);
      const now = performance.now();
      longestMs = Math.max(longestMs, now - asked);
      if (fault === undefined) answered++;
      else {
        failed.set(fault, (failed.get(fault) ?? 0) + 1);
        lastFailureAt = now;
      }
      await sleep(PAUSE_MS);
    }
  };
  const running = run();
  return {
    name,
    answered: () => answered,
    failed,
    longestMs: () => longestMs,
    lastFailureAt: () => lastFailureAt,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** Asks GraphQL once. */
export async function graphql(
  url: string,
  document: unknown,
  variables: object,
  token?: string,
): Promise<Answer> {
  const { text } = await ask(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: String(document), variables }),
  });
  return JSON.parse(text) as Answer;
}

/** What is wrong with an answer of GraphQL. */
export function faultOf({ errors }: Answer): string | undefined {
  return errors && (errors[0]?.extensions?.code ?? 'an error without a code');
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Signs a user in who is there. */
export async function signIn(url: string, username: string): Promise<Tokens> {
  const input = { username, password: PASSWORD };
  return (await graphql(url, LOGIN, { input })).data?.['login'] as Tokens;
}

/** Watches what the administrator does, and the pages that belong to nobody. */
export async function watchAll(url: string): Promise<readonly Watch[]> {
  const { accessToken } = await signIn(url, 'admin');
  let { refreshToken } = await signIn(url, 'admin');
  const refresh = async () => {
    const answer = await graphql(url, REFRESH, { input: { refreshToken } });
    const next = answer.data?.['refresh'] as Tokens | undefined;
    if (next?.refreshToken !== undefined) refreshToken = next.refreshToken;
    return faultOf(answer);
  };
  const page = (path: string) => async () => {
    const { status } = await ask(url + path, { method: 'GET', headers: {} });
    return status === 200 ? undefined : String(status);
  };
  return [
    watch('me', async () => faultOf(await graphql(url, ME, {}, accessToken))),
    watch('users', async () => faultOf(await graphql(url, COUNT_USERS, {}, accessToken))),
    watch('refresh', refresh),
    ...['/readyz', '/healthz', '/.well-known/jwks.json'].map((path) => watch(path, page(path))),
  ];
}
