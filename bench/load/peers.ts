import { BENCH_PASSWORD, userNameOf } from '../people.ts';
import { ask, type RequestParts, writeRequest } from './connection.ts';
import { type Exchange, type Plan, repeated } from './exchange.ts';

/** How a peer is asked for the same things. */
interface Peer {
  readonly login: (email: string) => RequestParts;
  /** Where an answer to `login` keeps the token. */
  readonly tokenOf: (answer: string) => string;
  readonly me: (n: number, token: string) => RequestParts;
  readonly users: (skip: number, token: string) => RequestParts;
}

const BETTER_AUTH: Peer = {
  login: (email) => ({
    path: '/api/auth/sign-in/email',
    body: JSON.stringify({ email, password: BENCH_PASSWORD }),
  }),
  tokenOf: (answer) => (JSON.parse(answer) as { token: string }).token,
  me: (_n, token) => ({ path: '/api/auth/get-session', token }),
  users: (skip, token) => ({ path: `/api/auth/admin/list-users?limit=50&offset=${skip}`, token }),
};

const FEATHERS: Peer = {
  login: (email) => ({
    path: '/authentication',
    body: JSON.stringify({ strategy: 'local', email, password: BENCH_PASSWORD }),
  }),
  tokenOf: (answer) => (JSON.parse(answer) as { accessToken: string }).accessToken,
  // Its ids are those of a serial column.
  me: (n, token) => ({ path: `/users/${n + 1}`, token }),
  users: (skip, token) => ({ path: `/users?$limit=50&$skip=${skip}`, token }),
};

/** The exchanges of `npm run bench -- --peers`, by the name of the server and of the job. */
export const PEER_EXCHANGES = {
  'better-auth me': (plan: Plan) => me(BETTER_AUTH, plan),
  'better-auth login': async (plan: Plan) => login(BETTER_AUTH, plan),
  'better-auth users': (plan: Plan) => users(BETTER_AUTH, plan),
  'feathers me': (plan: Plan) => me(FEATHERS, plan),
  'feathers login': async (plan: Plan) => login(FEATHERS, plan),
  'feathers users': (plan: Plan) => users(FEATHERS, plan),
  'oidc-provider me': oidcMe,
  'oidc-provider refresh': oidcRefresh,
} as const;

export function isPeerExchange(name: string): name is keyof typeof PEER_EXCHANGES {
  return Object.hasOwn(PEER_EXCHANGES, name);
}

async function me(peer: Peer, { url, connections }: Plan): Promise<Exchange> {
  const requests: string[] = [];
  for (let n = 1; n <= connections; n++) {
    requests.push(writeRequest(url, peer.me(n, await signIn(peer, url, n))));
  }
  const answers = await askAll(url, requests);
  answers.forEach((answer, index) => requireNaming(answer, emailOf(index + 1)));
  return repeated(requests, answers);
}

function login(peer: Peer, { url, users, connections }: Plan): Exchange {
  const emails = Array<string>(connections).fill('');
  let turn = connections;
  return {
    next: (connection) => {
      turn = turn + 1 < users ? turn + 1 : connections;
      emails[connection] = emailOf(turn);
      return writeRequest(url, peer.login(emails[connection]));
    },
    check: (connection, answer) => requireNaming(answer, emails[connection] ?? ''),
  };
}

async function users(peer: Peer, { url, users: count, connections }: Plan): Promise<Exchange> {
  const token = await signIn(peer, url, 0);
  const requests = Array.from({ length: connections }, (_, connection) => {
    const page = Math.floor(((count / 50 - 1) * connection) / connections);
    return writeRequest(url, peer.users(page * 50, token));
  });
  const answers = await askAll(url, requests);
  for (const answer of answers) {
    const isWhole =
      answer.includes(`"total":${count}`) && answer.split('@example.com').length === 51;
    if (!isWhole) throw new Error(`users answered ${answer}`);
  }
  return repeated(requests, answers);
}

interface OidcTokens {
  readonly accountId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

async function oidcMe(plan: Plan): Promise<Exchange> {
  const people = await oidcTokens(plan);
  return repeated(
    people.map(({ accessToken }) => writeRequest(plan.url, { path: '/me', token: accessToken })),
    people.map(({ accountId }) => JSON.stringify({ sub: accountId })),
  );
}

async function oidcRefresh(plan: Plan): Promise<Exchange> {
  const tokens = (await oidcTokens(plan)).map(({ refreshToken }) => refreshToken);
  return {
    next: (connection) =>
      writeRequest(plan.url, {
        path: '/token',
        type: 'application/x-www-form-urlencoded',
        body: `grant_type=refresh_token&client_id=bench&refresh_token=${tokens[connection]}`,
      }),
    check: (connection, answer) => {
      const next = (JSON.parse(answer) as { refresh_token: string }).refresh_token;
      if (!next || next === tokens[connection]) throw new Error(`not rotated: ${answer}`);
      tokens[connection] = next;
    },
  };
}

async function oidcTokens({ url, connections }: Plan): Promise<readonly OidcTokens[]> {
  const requests = Array.from({ length: connections }, (_, user) =>
    writeRequest(url, { path: `/bench/tokens?user=${user}` }),
  );
  return (await askAll(url, requests)).map((answer) => JSON.parse(answer) as OidcTokens);
}

async function signIn(peer: Peer, url: URL, n: number): Promise<string> {
  return peer.tokenOf(await ask(url, writeRequest(url, peer.login(emailOf(n)))));
}

async function askAll(url: URL, requests: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const request of requests) answers.push(await ask(url, request));
  return answers;
}

function requireNaming(answer: string, email: string): void {
  if (!answer.includes(JSON.stringify(email))) throw new Error(`${email} was answered ${answer}`);
}

function emailOf(n: number): string {
  return `${userNameOf(n)}@example.com`;
}
