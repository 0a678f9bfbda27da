import { startApp, type TestOptions } from './app.ts';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { LOGIN } from './documents.ts';
import { countingHasher } from './hasher.ts';
import { PASSWORD } from './people.ts';

/** An app whose throttles are on, whose callers say where they are, and that counts what it checks. */
export async function startThrottledApp(options: TestOptions = {}) {
  const { hasher, checked: checkedHere } = countingHasher();
  const env = { THROTTLE: 'on', TRUSTED_PROXIES: '127.0.0.1', ...options.env };
  const app = await startApp({ hasher, ...options, env });

  const checked = async () => (await app.fleet?.checked()) ?? checkedHere();

  /** Sends a GraphQL request from an address, with the cookie of a browser where there is one. */
  const ask = async <T, V>(
    document: TypedDocumentString<T, V>,
    variables: V,
    { address, cookie, token }: Whence,
  ) => {
    const answer = await app.rest('POST', '/graphql', {
      body: { query: String(document), variables },
      headers: { 'x-forwarded-for': address, ...(cookie !== undefined && { cookie }) },
      token,
    });
    const { data, errors = [] } = answer.body as {
      readonly data: T;
      readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
    };
    return { ...answer, data, errors, cookie: cookieOf(answer.headers) };
  };

  /** Signs in over GraphQL from an address; `seconds` where it has to wait. */
  const guess = async (username: string, address: string, password = 'wrong', cookie?: string) => {
    const { body } = await ask(LOGIN, { input: { username, password } }, { address, cookie });
    return readGuess(body);
  };
  const guessTimes = async (times: number, username: string, address: string) => {
    const outcomes = [];
    for (let i = 0; i < times; i++) outcomes.push(await guess(username, address));
    return outcomes;
  };
  const signIn = (username: string, address: string) => guess(username, address, PASSWORD);
  return { app, checked, ask, guess, guessTimes, signIn };
}

export type ThrottledApp = Awaited<ReturnType<typeof startThrottledApp>>;

/** Where a request comes from. */
interface Whence {
  readonly address: string;
  readonly cookie?: string | undefined;
  readonly token?: string | undefined;
}

/** What a browser sends back of the cookies that an answer set. */
export function cookieOf(headers: Headers): string | undefined {
  const pairs = headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
  return pairs.length === 0 ? undefined : pairs.join('; ');
}

/** Addresses that stand in for as many networks, no two of which are neighbours. */
export function networks(first = 0): () => string {
  let last = first;
  return () => {
    last += 1;
    return `10.${last >> 8}.${last & 255}.9`;
  };
}

interface LoginBody {
  readonly data?: { readonly login?: { readonly __typename: string; readonly code?: string } };
  readonly errors?: readonly {
    readonly extensions: { readonly code: string; readonly retryAfterSeconds?: number };
  }[];
}

/** What a guess came to: the code, or the seconds to wait. */
function readGuess(body: unknown): string | number {
  const { data, errors = [] } = body as LoginBody;
  const { code = '', retryAfterSeconds } = errors[0]?.extensions ?? {};
  if (code === 'RATE_LIMITED') return retryAfterSeconds ?? NaN;
  return code || data?.login?.code || data?.login?.__typename || '';
}
