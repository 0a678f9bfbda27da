import type { AnonymousActor } from '../../core/actor.ts';
import type { AppError, ErrorCode, Issue } from '../../core/errors.ts';
import { sentenceOf, statusOf } from './bodies.ts';
import type { Asked, Dialect, Reply } from './dialect.ts';
import { namesOf } from './fields.ts';
import { readJson, type RestRequest } from './request.ts';

// What the documented products that are made with FastAPI have in common.

/** What a document says of an error. */
export interface Said {
  /** The error table's unless told. */
  readonly status?: number;
  readonly text: string;
}

/** What a document says of some errors; of the others it says what the error table does. */
export type Sayings = Partial<
  Readonly<Record<ErrorCode, Said | ((error: AppError, asked: Asked) => Said | undefined)>>
>;

interface FastApi extends Pick<Dialect, 'name' | 'title' | 'about' | 'rows'> {
  readonly sayings: Sayings;
  /** An error's body around its text. @default {"detail": text} */
  readonly body?: (text: string) => object;
}

/** What FastAPI itself says. */
const OWN: Sayings = {
  NOT_FOUND: { text: 'Not Found' },
  METHOD_NOT_ALLOWED: { text: 'Method Not Allowed' },
};

/** A dialect with FastAPI's errors: `{"detail": …}`, and 422 with a list for what is not valid. */
export function fastApi({ sayings, body = inDetail, ...described }: FastApi): Dialect {
  const failure = (error: AppError, asked: Asked): Reply => {
    const { code } = error;
    const saying = sayings[code] ?? OWN[code];
    const said = saying instanceof Function ? saying(error, asked) : saying;
    if (said) return { status: said.status ?? statusOf(error), body: body(said.text) };
    const names = namesOf(asked.row?.input);
    const faults = faultsOf(error, asked, names);
    if (faults) return { status: 422, body: { detail: faults } };
    return { status: statusOf(error), body: body(sentenceOf(error, names)) };
  };
  // FastAPI reads a body before the endpoint, which looks at roles, is called.
  return { ...described, refusesInputFirst: true, failure };
}

const inDetail = (detail: string) => ({ detail });

const NO_JSON = {
  type: 'json_invalid',
  loc: ['body', 0],
  msg: 'JSON decode error',
  input: {},
  ctx: { error: 'Expecting value' },
};
const NO_OBJECT = {
  type: 'model_attributes_type',
  loc: ['body'],
  msg: 'Input should be a valid dictionary or object to extract fields from',
  input: null,
};

/** These documents know no second factor: their clients show the text of a refusal. */
export function secondFactorWanted(challengeToken: string, path: string) {
  const detail = `A second factor is required: send temp_token and code to ${path}`;
  return { status: 401, body: { detail, totp_required: true, temp_token: challengeToken } };
}

/** Why a token that was sent does not count, if one was. */
export function faultOf({ actor }: Asked): AnonymousActor['fault'] {
  return actor.kind === 'anonymous' ? actor.fault : undefined;
}

/** What is wrong with the input, where that is what the error says. */
function faultsOf(
  error: AppError,
  asked: Asked,
  names: Readonly<Record<string, string>>,
): readonly object[] | undefined {
  if (error.code === 'MALFORMED_BODY') return [NO_JSON];
  if (error.code === 'UNSUPPORTED_MEDIA_TYPE') return [NO_OBJECT];
  if (error.code === 'PASSWORD_REFUSED') {
    const loc = ['body', names['newPassword'] ?? 'password'];
    return [{ type: 'value_error', loc, msg: error.message, input: HIDDEN }];
  }
  if (error.code !== 'BAD_USER_INPUT') return undefined;
  const { request } = asked;
  const source = request?.method === 'GET' ? 'query' : 'body';
  const given = source === 'query' ? request?.query : request && tolerantJson(request);
  const sent = { source, given, names };
  return (error.details.issues ?? []).map((issue) => fault(issue, sent));
}

/** What was sent, where, and under which names. */
interface Sent {
  readonly source: string;
  readonly given: unknown;
  readonly names: Readonly<Record<string, string>>;
}

function fault({ path, message }: Issue, { source, given, names }: Sent): object {
  const place = path.map((part) => names[part] ?? part).filter((part) => part !== '');
  if (place.length === 0 && source === 'body') return NO_OBJECT;
  return { ...spell(message), loc: [source, ...place], input: echo(given, place) };
}

const WRONG_TYPE = /^Invalid input: expected (\w+), received (\w+)/;
const PYTHON_TYPES: Readonly<Record<string, readonly [string, string]>> = {
  string: ['string_type', 'Input should be a valid string'],
  boolean: ['bool_type', 'Input should be a valid boolean'],
  number: ['int_type', 'Input should be a valid integer'],
  int: ['int_type', 'Input should be a valid integer'],
};

/** A rule that was broken, in Pydantic's words where it has some. */
function spell(message: string): { readonly type: string; readonly msg: string } {
  const [, expected = '', received] = WRONG_TYPE.exec(message) ?? [];
  if (received === 'undefined') return { type: 'missing', msg: 'Field required' };
  const [type, msg] = PYTHON_TYPES[expected] ?? ['value_error', message];
  return { type, msg };
}

/** Fields whose values go nowhere, not even back to whoever sent them. */
const SECRET = /password|token|secret|otp|code|referrer/i;
const HIDDEN = '**********';
const MAX_ECHO = 200;

/** What was sent in a place; what the place is missing from where nothing was. */
function echo(given: unknown, place: readonly (string | number)[]): unknown {
  let value = given;
  for (const part of place) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) break;
    value = (value as Readonly<Record<string | number, unknown>>)[part];
    if (SECRET.test(String(part))) return HIDDEN;
  }
  if (leftAfter(value, MAX_ECHO) < 0) return null;
  const text = JSON.stringify(value ?? null, (key, inner: unknown) =>
    SECRET.test(key) ? HIDDEN : inner,
  );
  return text.length > MAX_ECHO ? null : (JSON.parse(text) as unknown);
}

/**
 * How many characters are left of some when a value is written, roughly; below none where it is longer,
 * which is found without looking at all of it. What is nested deeply is long.
 */
function leftAfter(value: unknown, characters: number): number {
  if (typeof value === 'string') return characters - value.length;
  if (typeof value !== 'object' || value === null) return characters - 1;
  let left = characters - 2;
  for (const key in value) {
    if (left < 0) break;
    const inner = SECRET.test(key) ? HIDDEN : (value as Readonly<Record<string, unknown>>)[key];
    left = leftAfter(inner, left - (Array.isArray(value) ? 1 : key.length + 4));
  }
  return left;
}

function tolerantJson(request: RestRequest): unknown {
  try {
    return readJson(request);
  } catch {
    return null;
  }
}
