import { once } from 'node:events';
import WebSocket from 'ws';
import { readLine } from '../../src/features/import/line.ts';
import { exchange, type WireRequest } from '../http/wire.ts';
import type { TestApp } from './app.ts';

/** A place where the server takes text from a client: sends it there. */
export type Place = (app: TestApp, text: string) => unknown;

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const MULTIPART = { 'content-type': 'multipart/form-data; boundary=x' };
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
const IMPORT = 'mutation ($input: ImportUsersInput!) { importUsers(input: $input) { __typename } }';

/** A text as it may stand in a header or, when it is encoded, in a path. */
const plain = (text: string) => text.replace(/[^\x20-\x7e\xa0-\xff]/g, '-');

const whole = (text: string) => text.replace(/\p{Cs}/gu, '-');

const sending = (request: (text: string) => WireRequest): Place => {
  return (app, text) => exchange(app.url, request(text));
};
const post = (path: string, body: (text: string) => string, headers = JSON_TYPE) =>
  sending((text) => ({ method: 'POST', path, headers, body: body(text) }));
const json = (path: string, body: (text: string) => unknown) =>
  post(path, (text) => JSON.stringify(body(text)));
const document = (query: (text: string) => string) =>
  json('/graphql', (text) => ({ query: query(text) }));
const variables = (query: string, input: (text: string) => unknown) =>
  json('/graphql', (text) => ({ query, variables: { input: input(text) } }));
const part = (text: string) =>
  `--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n${text}\r\n--x--\r\n`;
/** A text as the names of many members, none of which is known. */
const members = (text: string) =>
  Object.fromEntries((text.match(/[^]{1,8}/g) ?? []).map((name, i) => [`${i}${name}`, 1]));

/** Where a text of any length may stand. */
export const LONG_PLACES: Readonly<Record<string, Place>> = {
  'a string of a document': document((text) => `{ users(first: ${JSON.stringify(text)}) { x } }`),
  'a block string': document((text) => `{ users(first: """${text}""") { x } }`),
  'a document': document((text) => `{ users(first: ${text}`),
  'a comment': document((text) => `{ __typename } # ${text}`),
  'the name of an operation': json('/graphql', (text) => ({
    query: '{ a: x }',
    operationName: text,
  })),
  'an extension': json('/graphql', (text) => ({
    query: '{ __typename }',
    extensions: { persistedQuery: { sha256Hash: text } },
  })),
  'a member of a GraphQL request': json('/graphql', (text) => ({ [text]: 1 })),
  'a variable': variables(LOGIN, (text) => ({ username: text, password: text.slice(0, 9) })),
  'a variable of the wrong type': variables(LOGIN, (text) => ({ username: 1, password: [text] })),
  'a variable that is an enum': json('/graphql', (text) => ({
    query: 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { __typename } }',
    variables: { input: { id: 'x', systemRole: text } },
  })),
  'the names of input fields': variables(LOGIN, members),
  'the names of variables': json('/graphql', (text) => ({
    query: LOGIN,
    variables: members(text),
  })),
  'a user to import': variables(IMPORT, (text) => ({
    users: [{ username: text, email: text, passwordHash: text, name: text }],
  })),
  'a field of a REST body': json('/api/v1/login', (text) => ({ name: text, secret: text })),
  'the names of REST fields': json('/compat/qdash/api/auth/register', members),
  'a REST body': post('/api/v1/login', (text) => `{"name":"${text}`),
  'a token': json('/compat/lncrawl/api/auth/verify', (text) => ({ token: text })),
  'an e-mail address': json('/compat/lncrawl/api/auth/signup', (text) => ({
    email: `a@${text}`,
    password: text,
    full_name: text,
  })),
  'a form': post('/compat/lncrawl/api/auth/verify-otp', (text) => `otp=1&token=${text}`, FORM_TYPE),
  'a part of a form': post('/compat/lncrawl/api/auth/verify-otp', part, MULTIPART),
  'a form of parts': post(
    '/compat/lncrawl/api/auth/verify-otp',
    (text) => `--x\r\n${text}`,
    MULTIPART,
  ),
  'a form of OAuth': post('/oauth/introspect', (text) => `token=${text}&a=1&${text}`, FORM_TYPE),
  'a line of an import': (_app, text) => {
    const [username, email] = [text, `${text}@example.com`];
    readLine({ username, email, passwordHash: `$6$${text}`, name: text, [text]: 1 });
    readLine(text);
  },
};

const header = (name: string, value: (text: string) => string, path = '/graphql?query={x}') =>
  sending((text) => ({ path, headers: { [name]: value(plain(text)) } }));

/** Where it may be as long as the head of a request, without what ends a line. */
export const HEAD_PLACES: Readonly<Record<string, Place>> = {
  'a path': sending((text) => ({ path: `/${encodeURI(whole(text))}` })),
  'a path below a dialect': sending((text) => ({
    path: `/compat/qdash/${encodeURI(whole(text))}`,
  })),
  'a query of GraphQL': sending((text) => ({
    path: `/graphql?query=${encodeURIComponent(whole(text))}`,
  })),
  'the variables of a query': sending((text) => ({
    path: `/graphql?query={x}&variables=${encodeURIComponent(whole(text))}`,
  })),
  'a query of REST': sending((text) => ({
    path: `/compat/qdash/api/projects?search=${encodeURIComponent(whole(text))}&${encodeURI(whole(text))}`,
  })),
  Authorization: header('authorization', (text) => `Bearer ${text}`),
  'Authorization of a client': (app, text) =>
    exchange(app.url, {
      method: 'POST',
      path: '/oauth/introspect',
      headers: { ...FORM_TYPE, authorization: `Basic ${plain(text)}` },
      body: 'token=x',
    }),
  Cookie: header('cookie', (text) => `access_token=${text}; ${text}`, '/api/v1/users'),
  Accept: header('accept', (text) => text),
  'Content-Type': (app, text) =>
    exchange(app.url, {
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': `application/json;${plain(text)}` },
      body: '{}',
    }),
  'Content-Type of REST': (app, text) =>
    exchange(app.url, {
      method: 'POST',
      path: '/compat/lncrawl/api/auth/verify-otp',
      headers: { 'content-type': `multipart/form-data; boundary=${plain(text)}` },
      body: '--x',
    }),
  'User-Agent': header('user-agent', (text) => text, '/healthz'),
  'X-Forwarded-For': header('x-forwarded-for', (text) => `${text}, 127.0.0.1`, '/healthz'),
  Origin: header('origin', (text) => text, '/healthz'),
  'X-Request-Id': header('x-request-id', (text) => text, '/healthz'),
  Traceparent: header('traceparent', (text) => text, '/healthz'),
};

/** Where it may be as long as a message over a WebSocket. */
export const MESSAGE_PLACES: Readonly<Record<string, Place>> = {
  'a message over a WebSocket': overSocket((text) => text),
  'the token of a WebSocket': overSocket((text) =>
    JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${text}` } }),
  ),
  'the type of a message': overSocket((text) => JSON.stringify({ type: text })),
};

function overSocket(message: (text: string) => string): Place {
  return async (app, text) => {
    const socket = new WebSocket(
      `${app.url.replace('http', 'ws')}/graphql`,
      'graphql-transport-ws',
    );
    await once(socket, 'open');
    socket.send(message(text));
    await once(socket, 'close');
  };
}
