import fc from 'fast-check';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { HOLES, junk, NAMES, nastyText } from '../support/fuzz.ts';

/** What answers at the documented paths themselves. */
export const ROOT = ['qdash', 'dukatia', 'union'];

/** A request that somebody might send, with holes. */
export interface Fuzzed {
  readonly as: 'stranger' | 'user' | 'admin';
  /** Whose it is, by name. */
  readonly dialect: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const nat = fc.nat({ max: 99_999 });
const person = fc.constantFrom(NAMES.username, NAMES.other);
const label = fc.constantFrom('Jane Doe', 'a project', 'Ünï ✓');
const password = fc.constantFrom(HOLES.password, 'wrong', 'another good long phrase');
const flag = fc.boolean();

/** Every field of the five documents, with what they say it holds. */
const FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  active: flag,
  code: fc.constantFrom('000000', '123456'),
  create_default_project: flag,
  current_password: password,
  description: label,
  disabled: flag,
  display_name: label,
  email: nat.map((n) => `new${n}@example.com`),
  expires_in_days: fc.integer({ min: -1, max: 400 }),
  full_name: label,
  id: fc.constantFrom(undefined, NAMES.id),
  name: fc.oneof(label, person),
  new_owner_username: person,
  new_password: password,
  new_secret: password,
  old_password: password,
  old_secret: password,
  otp: fc.constantFrom('000000', '123456'),
  password,
  referrer: fc.constantFrom('none', '1234567890'),
  refresh_token: fc.constantFrom(HOLES.refresh, HOLES.access, 'none'),
  role: fc.constantFrom('viewer', 'editor', 'owner'),
  secret: password,
  superuser: flag,
  temp_token: fc.constantFrom('none', HOLES.access),
  token: fc.constantFrom(HOLES.access, HOLES.refresh, 'none'),
  username: fc.oneof(
    person,
    nat.map((n) => `new${n}`),
  ),
};

const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const mostly = (sane: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 15, arbitrary: sane }, { weight: 1, arbitrary: junk });
const fields = fc.record(
  Object.fromEntries(Object.entries(FIELDS).map(([name, sane]) => [name, mostly(sane)])),
  { requiredKeys: ['username', 'email', 'password', 'name', 'secret', 'token', 'otp', 'code'] },
);

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const BOUNDARY = 'b0undary';
const TYPES = [
  JSON_TYPE,
  FORM_TYPE,
  `multipart/form-data; boundary=${BOUNDARY}`,
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="a b"',
  'application/json; charset=utf-16',
  'application/vnd.x+json',
  'APPLICATION/JSON',
  'text/plain',
  'x',
  ';',
];
const RAW = [
  '{',
  'null',
  'true',
  '0',
  '"x"',
  '[null]',
  '[[]]',
  '\ufeff{}',
  '{"username":1e999}',
  '{"username":"a","username":"b"}',
  '{"__proto__":{"disabled":false,"username":"x"},"constructor":{"prototype":1}}',
  `{"username":"\\ud800","password":"\\u0000","email":"\\udc00@example.com"}`,
  `${'['.repeat(3000)}${']'.repeat(3000)}`,
  `${'{"name":'.repeat(3000)}1${'}'.repeat(3000)}`,
  `--${BOUNDARY}\r\n`,
  '\x80\xff',
  'username=%ff&password=%',
  `{"name":"${'x'.repeat(60_000)}"}`,
];

interface Body {
  readonly type: string | undefined;
  readonly text: string | undefined;
}
const texts = (given: object) =>
  Object.entries(given).map(
    ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
const urlencoded = (given: object) =>
  // The holes have to stay what they are.
  String(new URLSearchParams(texts(given).map(([k, v]) => [k, v ?? '']))).replace(
    /%3C%3C(\w+)%3E%3E/g,
    '<<$1>>',
  );
const multipart = (given: object, [separator, end]: readonly [string, string]) =>
  texts(given)
    .map(([name, value]) => {
      const disposition = `Content-Disposition: form-data; name="${name}"`;
      return `--${separator}\r\n${disposition}\r\n\r\n${value ?? ''}\r\n`;
    })
    .join('') + end;
const ofType = (type: string) => (text: string) => ({ type, text });

const body: fc.Arbitrary<Body> = fc
  .tuple(
    fc.oneof(
      { weight: 12, arbitrary: fields.map((x) => JSON.stringify(x)).map(ofType(JSON_TYPE)) },
      {
        weight: 1,
        arbitrary: fc
          .array(fc.oneof(fields, junk), { maxLength: 3 })
          .map((x) => JSON.stringify(x))
          .map(ofType(JSON_TYPE)),
      },
      { weight: 1, arbitrary: junk.map((x) => JSON.stringify(x)).map(ofType(JSON_TYPE)) },
      { weight: 2, arbitrary: fc.constantFrom(...RAW).map(ofType(JSON_TYPE)) },
      { weight: 3, arbitrary: fields.map(urlencoded).map(ofType(FORM_TYPE)) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(
            fields,
            fc.constantFrom<readonly [string, string]>(
              [BOUNDARY, `--${BOUNDARY}--\r\n`],
              [BOUNDARY, ''],
              [BOUNDARY, `--${BOUNDARY}`],
              ['other', '--other--\r\n'],
            ),
          )
          .map(([given, ends]) => multipart(given, ends))
          .map(ofType(`multipart/form-data; boundary=${BOUNDARY}`)),
      },
      { weight: 1, arbitrary: fc.constant({ type: undefined, text: undefined }) },
    ),
    seldom(fc.constantFrom(...TYPES)),
  )
  .map(([sane, type = sane.type]) => ({ ...sane, type }));

const authorization = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(`Bearer ${HOLES.access}`, `bearer   ${HOLES.access}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      `Bearer ${HOLES.key}`,
      `Bearer ${HOLES.refresh}`,
      `Bearer ${HOLES.cookie}`,
      `Bearer ${HOLES.access}x`,
      `Basic ${HOLES.access}`,
      'Bearer',
      'Bearer \x80\xff',
      'Bearer qzr_',
      `Bearer qzr_${'0'.repeat(40)}`,
      'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.',
      `Bearer ${'a.'.repeat(2000)}`,
      'Basic YWRtaW46YWRtaW4=',
    ),
  },
);
const cookie = fc.constantFrom(
  `access_token=${HOLES.cookie}`,
  `x=%; access_token=${HOLES.cookie}; ;=`,
  `access_token=${HOLES.access}`,
  'access_token=%00',
  `access_token="${'f'.repeat(128)}"`,
  '__proto__=1; a',
);
const ORIGINS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  { origin: 'http://vestibule.test' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
];

/** As long as Node takes it: what is longer never gets to a route. */
const encode = (text: string) =>
  encodeURIComponent(text.slice(0, 1000).replace(/\p{Cs}/gu, '\ufffd'));
/** A value in a path or a query; the holes stay. */
const part = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(NAMES.username, NAMES.other, NAMES.id) },
  { weight: 3, arbitrary: nastyText.map(encode) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '%',
      '%ff',
      '%00',
      '..',
      '%2e%2e%2f',
      'a/b',
      'me',
      `usr_${'0'.repeat(32)}`,
      `key_${'0'.repeat(32)}`,
      `session_${'0'.repeat(32)}`,
    ),
  },
);
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc
      .dictionary(fc.constantFrom('token', 'skip', 'limit', '__proto__'), part, { maxKeys: 3 })
      .map(
        (given) =>
          `?${texts(given)
            .map((pair) => pair.join('='))
            .join('&')}`,
      ),
  },
  { weight: 1, arbitrary: fc.constantFrom('?', '?%', '?a[]=b&a=c', '?token', '?limit=5&skip=0') },
);

const routes = DIALECTS.flatMap((dialect) => {
  const isAtRoot = ROOT.includes(dialect.name);
  return dialect.rows.flatMap((row) =>
    ['', `/compat/${dialect.name}`]
      .filter((base) => isAtRoot || base !== '')
      .map((base) => ({ dialect, row, base })),
  );
});

/** Any request to any route, or to one that is not there. */
export const fuzzed: fc.Arbitrary<Fuzzed> = fc
  .record({
    as: fc.constantFrom('stranger' as const, 'user' as const, 'admin' as const),
    route: fc.constantFrom(...routes),
    method: seldom(fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE')),
    parts: fc.tuple(part, part),
    query,
    body,
    authorization,
    cookie,
    origin: fc.constantFrom(...ORIGINS),
    isChunked: fc.boolean(),
  })
  .map(({ as, route: { dialect, row, base }, body: { type, text }, ...given }) => {
    const parts = given.parts.values();
    const path = row.path.replace(/:\w+/g, () => parts.next().value ?? '');
    const method = given.method ?? row.method;
    const isSent = method !== 'GET' && text !== undefined;
    return {
      as,
      dialect: dialect.name,
      method,
      path: base + path + given.query,
      headers: {
        ...(as !== 'stranger' && { authorization: given.authorization, cookie: given.cookie }),
        ...given.origin,
        ...(isSent && type !== undefined && { 'content-type': type }),
        ...(isSent && given.isChunked && { 'transfer-encoding': 'chunked' }),
      },
      body: isSent ? text : undefined,
    };
  });
