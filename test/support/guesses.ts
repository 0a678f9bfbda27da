import { startApp, type TestOptions } from './app.ts';
import { LOGIN } from './documents.ts';
import { countingHasher } from './hasher.ts';
import { PASSWORD } from './people.ts';

/** An app whose throttles are on, whose callers say where they are, and that counts what it checks. */
export async function startThrottledApp(options: TestOptions = {}) {
  const { hasher, checked: checkedHere } = countingHasher();
  const env = { THROTTLE: 'on', TRUSTED_PROXIES: '127.0.0.1', ...options.env };
  const app = await startApp({ hasher, ...options, env });

  const checked = async () => (await app.fleet?.checked()) ?? checkedHere();

  /** Signs in over GraphQL from an address; `seconds` where it has to wait. */
  const guess = async (username: string, address: string, password = 'wrong') => {
    const answer = await app.rest('POST', '/graphql', {
      body: { query: String(LOGIN), variables: { input: { username, password } } },
      headers: { 'x-forwarded-for': address },
    });
    return readGuess(answer.body);
  };
  const guessTimes = async (times: number, username: string, address: string) => {
    const outcomes = [];
    for (let i = 0; i < times; i++) outcomes.push(await guess(username, address));
    return outcomes;
  };
  const signIn = (username: string, address: string) => guess(username, address, PASSWORD);
  return { app, checked, guess, guessTimes, signIn };
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
