import { inspect } from 'node:util';
import pg from 'pg';
import { openSqlite } from '../../src/db/engines/sqlite/database.ts';
import type { GraphqlAnswer, RestAnswer, TestApp } from './app.ts';
import type { TypedDocumentString } from '../generated/graphql.ts';

/** Members of a request or an answer that hold a secret, however a door spells them. */
const SECRET_NAME =
  /^(.*password|.*secret|.*token|key|code|otp|recoveryCodes|provisioningUri|referrer)$/i;
/** What GraphQL and OAuth say under such a name in the open. */
const OPEN_VALUES = /^(Bearer|[A-Z_]+|access_token|refresh_token)$/;

/** An error in a body that goes out with status 200, as GraphQL's do. */
const REFUSED = /^\{"errors":|"__typename":"\w+Error"/;

interface Request {
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
}

/** Everything secret that was said, to be searched for where it must not be. */
export function createSecrets() {
  const known = new Map<string, string>();

  const remember = (value: string, what: string) => {
    if (value !== '' && !OPEN_VALUES.test(value)) known.set(value, what);
  };

  /** Remembers the secrets among the members of a body. */
  const learn = (value: unknown, name = ''): void => {
    if (typeof value === 'string' && SECRET_NAME.test(name)) remember(value, name);
    if (Array.isArray(value)) for (const each of value) learn(each, name);
    else if (typeof value === 'object' && value !== null) {
      for (const [member, each] of Object.entries(value)) learn(each, member);
    }
  };

  return {
    known,
    remember,
    learn,
    /** What each secret that stands in a text is; empty where none does. */
    leaksIn: (text: string): readonly string[] =>
      [...known].filter(([secret]) => stands(secret, text)).map(([, what]) => what),
  };
}

export type Secrets = ReturnType<typeof createSecrets>;

/** A short code is one only where nothing continues it: digits stand in times and hashes too. */
function stands(secret: string, text: string): boolean {
  if (/^\d{6}$/.test(secret)) return new RegExp(`(?<![\\w.-])${secret}(?![\\w-])`).test(text);
  return text.includes(secret) || text.includes(encodeURIComponent(secret));
}

/** The same app, whose requests and answers teach `secrets`; keeps the bodies that tell of an error. */
export function watch(app: TestApp, secrets: Secrets) {
  const refusals: string[] = [];

  const rest = async (method: string, path: string, request: Request = {}): Promise<RestAnswer> => {
    secrets.learn(request.body);
    if (request.token !== undefined) secrets.remember(request.token, 'bearer token');
    for (const [name, value] of new URL(path, app.url).searchParams) secrets.learn(value, name);
    const answer = await app.rest(method, path, request);
    if (answer.status >= 400 || REFUSED.test(answer.text)) refusals.push(answer.text);
    else secrets.learn(answer.body);
    return answer;
  };

  const graphql = async <T, V>(
    document: TypedDocumentString<T, V>,
    variables: V,
    token?: string,
  ): Promise<GraphqlAnswer<T>> => {
    secrets.learn(variables);
    const answer = await app.graphql(document, variables, token);
    const { data, errors } = answer;
    const isRefusal = errors.length > 0 || REFUSED.test(JSON.stringify(data));
    if (isRefusal) refusals.push(JSON.stringify({ data, errors }));
    else secrets.learn(data);
    return answer;
  };

  return { ...app, rest, graphql, refusals };
}

/** Everything that was logged, with the causes and stacks of errors. */
export function logText({ logged }: Pick<TestApp, 'logged'>): string {
  return inspect(logged, {
    depth: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
    breakLength: Infinity,
  });
}

/** Every row of every table, read past the app. */
export async function dumpTables(databaseUrl: string): Promise<string> {
  return databaseUrl.startsWith('file:')
    ? dumpFile(databaseUrl.slice('file:'.length))
    : dumpServer(databaseUrl);
}

function dumpFile(file: string): string {
  const connection = openSqlite(file);
  try {
    const all = (sql: string) => connection.prepare(sql).all() as object[];
    const tables = all(`SELECT name FROM sqlite_master WHERE type = 'table'`) as { name: string }[];
    return tables.map(({ name }) => `${name} ${toText(all(`SELECT * FROM "${name}"`))}`).join('\n');
  } finally {
    connection.close();
  }
}

async function dumpServer(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const dumps: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<object>(`SELECT * FROM "${name}"`);
      dumps.push(`${name} ${toText(rows)}`);
    }
    return dumps.join('\n');
  } finally {
    await client.end();
  }
}

/** Bytes as the text that they may be. */
function toText(rows: readonly object[]): string {
  return JSON.stringify(rows, (_name, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    const bytes = value as { readonly type?: unknown; readonly data?: unknown } | null;
    return bytes?.type === 'Buffer'
      ? Buffer.from(bytes.data as number[]).toString('latin1')
      : value;
  });
}
