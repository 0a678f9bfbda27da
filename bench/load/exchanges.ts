import { BENCH_PASSWORD, userNameOf } from '../people.ts';
import { ask, writeRequest } from './connection.ts';
import { type Exchange, type Plan, repeated } from './exchange.ts';
import { PEER_EXCHANGES } from './peers.ts';

interface AuthPayload {
  readonly __typename: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly username: string };
}

interface UsersPage {
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  readonly edges: readonly unknown[];
}

const AUTH_PAYLOAD =
  '{ __typename ... on AuthPayload { accessToken refreshToken user { id username } } }';
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) ${AUTH_PAYLOAD} }`;
const REFRESH = `mutation ($input: RefreshInput!) { refresh(input: $input) ${AUTH_PAYLOAD} }`;
const ME = '{ me { id username } }';
const USERS = `query ($after: String) {
  users(first: 50, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id username email } }
  }
}`;

/** Makes an exchange ready: signs in whoever it needs. */
export const EXCHANGES = {
  /** The base: `{ __typename }`. */
  typename: async ({ url }: Plan) =>
    repeated([graphql(url, '{ __typename }')], ['{"data":{"__typename":"Query"}}']),

  /** An answer that needs neither session nor database. */
  fixed: async ({ url }: Plan) => repeated([graphql(url, ME)], [await ask(url, graphql(url, ME))]),

  /** A sign-in, each of another person. */
  login: async ({ url, users, connections }: Plan): Promise<Exchange> => {
    const names = Array<string>(connections).fill('');
    let turn = connections;
    return {
      next: (connection) => {
        turn = turn + 1 < users ? turn + 1 : connections;
        names[connection] = userNameOf(turn);
        return loginRequest(url, names[connection]);
      },
      check: (connection, answer) => {
        const { user } = readPayload(answer, 'login');
        if (user.username !== names[connection]) throw new Error(`signed in: ${answer}`);
      },
    };
  },

  /** Whoami, each connection with a session of its own. */
  me: async (plan: Plan): Promise<Exchange> => {
    const people = await signInEach(plan);
    return repeated(
      people.map((person) => graphql(plan.url, ME, undefined, person.accessToken)),
      people.map(({ user: { id, username } }) =>
        JSON.stringify({ data: { me: { id, username } } }),
      ),
    );
  },

  /** Rotations: each connection uses up the token that its last answer brought. */
  refresh: async (plan: Plan): Promise<Exchange> => {
    const tokens = (await signInEach(plan)).map((person) => person.refreshToken);
    return {
      next: (connection) =>
        graphql(plan.url, REFRESH, { input: { refreshToken: tokens[connection] } }),
      check: (connection, answer) => {
        const { refreshToken } = readPayload(answer, 'refresh');
        if (refreshToken === tokens[connection])
          throw new Error('the refresh token was not rotated');
        tokens[connection] = refreshToken;
      },
    };
  },

  /** A page of 50 with the total, each connection at another place of the list. */
  users: async (plan: Plan): Promise<Exchange> => {
    const { url, users, connections } = plan;
    const admin = readPayload(await ask(url, loginRequest(url, userNameOf(0))), 'login');
    const cursors = await walk(url, admin.accessToken);
    const requests = Array.from({ length: connections }, (_, connection) => {
      const after = cursors[Math.floor(((cursors.length - 1) * connection) / connections)];
      return graphql(url, USERS, { after }, admin.accessToken);
    });
    const answers = [];
    for (const request of requests) answers.push(await ask(url, request));
    for (const answer of answers) requirePage(answer, users);
    return repeated(requests, answers);
  },
  ...PEER_EXCHANGES,
} as const satisfies Record<string, (plan: Plan) => Promise<Exchange>>;

export type ExchangeName = keyof typeof EXCHANGES;

/** Where each page of 50 ends. */
async function walk(url: URL, token: string): Promise<readonly string[]> {
  const cursors: string[] = [];
  for (let after: string | undefined, more = true; more;) {
    const answer = await ask(url, graphql(url, USERS, { after }, token));
    const { users } = (JSON.parse(answer) as { data: { users: UsersPage } }).data;
    after = users.pageInfo.endCursor;
    cursors.push(after);
    more = users.pageInfo.hasNextPage;
  }
  return cursors;
}

async function signInEach({ url, connections }: Plan): Promise<readonly AuthPayload[]> {
  const people: AuthPayload[] = [];
  for (let i = 1; i <= connections; i++) {
    people.push(readPayload(await ask(url, loginRequest(url, userNameOf(i))), 'login'));
  }
  return people;
}

function loginRequest(url: URL, username: string): string {
  return graphql(url, LOGIN, { input: { username, password: BENCH_PASSWORD } });
}

function graphql(url: URL, query: string, variables?: object, token?: string): string {
  return writeRequest(url, {
    path: url.pathname,
    body: JSON.stringify({ query, variables }),
    token,
  });
}

function readPayload(answer: string, field: 'login' | 'refresh'): AuthPayload {
  const { data } = JSON.parse(answer) as { data?: Record<string, AuthPayload> };
  const payload = data?.[field];
  if (payload?.__typename !== 'AuthPayload') throw new Error(`${field} answered ${answer}`);
  return payload;
}

function requirePage(answer: string, users: number): void {
  const { data } = JSON.parse(answer) as { data?: { users: UsersPage } };
  if (data?.users.totalCount === users && data.users.edges.length === 50) return;
  throw new Error(`users answered ${answer}`);
}
