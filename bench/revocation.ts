import { BENCH_PASSWORD, userNameOf } from './people.ts';
import type { Server } from './servers.ts';

const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { ... on AuthPayload { accessToken } }
}`;

/**
 * Milliseconds from the answer to a sign-out on one process until the other refuses the token, sorted.
 * Nothing else is asked of them meanwhile.
 */
export async function measureRevocation(
  one: Server,
  two: Server,
  times: number,
): Promise<readonly number[]> {
  const spans: number[] = [];
  for (let i = 0; i < times; i++) {
    const input = { username: userNameOf(i + 1), password: BENCH_PASSWORD };
    const { login } = await ask<{ login: { accessToken: string } }>(one, LOGIN, { input });
    const token = login.accessToken;
    if (!(await isAccepted(two, token))) throw new Error('the token is not accepted to begin with');
    await ask(one, 'mutation { logout { __typename } }', {}, token);
    const from = performance.now();
    while (await isAccepted(two, token)) {
      if (performance.now() - from > 10_000) throw new Error('the token is accepted for ever');
    }
    spans.push(performance.now() - from);
  }
  return spans.sort((a, b) => a - b);
}

async function isAccepted(server: Server, token: string): Promise<boolean> {
  const { me } = await ask<{ me?: object } | null>(server, '{ me { id } }', {}, token).then(
    (data) => data ?? {},
  );
  return me !== undefined;
}

async function ask<T>(
  server: Server,
  query: string,
  variables: object,
  token?: string,
): Promise<T> {
  const answer = await fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return ((await answer.json()) as { data: T }).data;
}
