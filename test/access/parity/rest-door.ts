import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../../src/core/errors.ts';
import type { Dialect, Reply, Row } from '../../../src/doors/rest/dialect.ts';
import type { Field } from '../../../src/doors/rest/fields.ts';
import { exampleRequest, seenRequest } from '../../../src/doors/rest/reference/example-request.ts';
import type { RestAnswer } from '../../support/app.ts';
import type { Door, Input } from './doors.ts';
import { codeOf, type Outcome, stateOf } from './outcomes.ts';

/** A route as a door to its operation: an input is said in the document's own names and places. */
export function restDoor(dialect: Dialect, row: Row): Door {
  const { owner = dialect } = row;
  const { fields } = row.input;
  return {
    name: `${dialect.name} ${row.method} ${row.path}`,
    operation: row.operation.name,
    scopes: row.operation.scopes,
    isOpenWhileOff: owner.isOpenWhileOff === true || row.operation.scopes.public === true,
    seesAs: (actor, input) => {
      // A token that is not for signing in stands where that of a session would.
      if (fields.some(({ place, to }) => place === 'bearer' && to in input)) return 'anonymous';
      return actor === 'apiKey' && !owner.takesApiKeys ? 'ended' : actor;
    },
    canSay: (input) => {
      const said = flat(input);
      const isThere = ({ place, to }: Field) => place !== 'path' || said[to] !== undefined;
      return Object.keys(said).every((key) => fieldFor(fields, key)) && fields.every(isThere);
    },
    ask: async (app, credentials, input, outcomes) => {
      const said = Object.entries(flat(input)).map(([key, value]) => {
        const field = fieldFor(fields, key)!;
        return [field, spelled(field, value)] as const;
      });
      const example = Object.fromEntries(said.map(([{ name }, value]) => [name, value]));
      const request = { ...row, example };
      const { path, contentType, body } = exampleRequest(request);
      const bearer = said.find(([{ place }]) => place === 'bearer')?.[1];
      const answer = await app.rest(row.method, `/compat/${dialect.name}${path}`, {
        headers: {
          ...credentials,
          ...(bearer !== undefined && { authorization: `Bearer ${bearer as string}` }),
          ...(contentType !== undefined && { 'content-type': contentType }),
        },
        ...(body !== undefined && { body }),
      });
      const [outcome] = outcomes();
      return { verdict: verdictOf(dialect, request, answer, outcome), result: outcome?.result };
    },
  };
}

/** A document that is about one of a list has the fields of that one. */
function flat(input: Input): Input {
  const [only, ...others] = Object.values(input);
  const isList = others.length === 0 && Array.isArray(only) && only.length === 1;
  return isList ? (only[0] as Input) : input;
}

const fieldFor = (fields: readonly Field[], key: string) => fields.find(({ to }) => to === key);

/** How documents spell what the operation has otherwise; the first that is read as it counts. */
const SPELLINGS: readonly ((value: unknown) => unknown)[] = [
  (value) => String(value).toLowerCase(),
  (value) => value,
  (value) => !value,
  (value) => value === 'ADMIN',
  (value) => `session_${String(value).replaceAll('-', '')}`,
  (value) => `key_${String(value).replaceAll('-', '')}`,
];

function spelled({ read, name }: Field, value: unknown): unknown {
  if (!read) return value;
  const spelling = SPELLINGS.find((spell) => isDeepStrictEqual(read(spell(value)), value));
  if (!spelling) throw new Error(`nobody knows how ${name} spells ${String(value)}`);
  return spelling(value);
}

/** The operation's, if the answer is what the dialect tells of it. */
function verdictOf(
  dialect: Dialect,
  row: Row,
  answer: RestAnswer,
  outcome: Outcome | undefined,
): string {
  const { status, text } = answer;
  if (outcome?.operation !== row.operation.name) return `its own: ${status} ${text}`;
  const code = codeOf(outcome);
  const state = stateOf(outcome);
  const isTold =
    code === undefined
      ? status < 400 || state !== undefined
      : isTelling(dialect, row, answer, outcome);
  const verdict = code ?? state ?? 'done';
  return isTold ? verdict : `${status} ${text} for ${verdict}`;
}

const FAULTS = [
  undefined,
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'SESSION_ENDED',
  'ACCOUNT_DISABLED',
] as const;

function isTelling(dialect: Dialect, row: Row, answer: RestAnswer, { error }: Outcome): boolean {
  const failure = error instanceof AppError ? error : new AppError('INTERNAL_SERVER_ERROR');
  const request = seenRequest(row);
  const told = FAULTS.map((fault): Reply => {
    const actor = { kind: 'anonymous', ...(fault && { fault }) } as const;
    return dialect.failure(failure, { actor, row, request });
  });
  const isRefusal = answer.status >= 400;
  return told.some(
    ({ status, body }) =>
      isRefusal && status === answer.status && JSON.stringify(body) === answer.text,
  );
}
