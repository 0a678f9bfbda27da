import { getNamedType, type GraphQLField, isObjectType } from 'graphql';
import type { Scopes } from '../../../src/access/scopes.ts';
import { schema } from '../../../src/doors/graphql/schema.ts';
import { documentFor } from '../probe.ts';
import type { Door, Input } from './doors.ts';
import { codeOf, type Outcome, stateOf } from './outcomes.ts';

type Field = GraphQLField<unknown, unknown>;

const roots = [schema.getQueryType()!, schema.getMutationType()!];
const rootFields = new Map(
  roots.flatMap((type) =>
    Object.values(type.getFields()).map((field) => [field.name, { type, field }] as const),
  ),
);

/** Every root field that answers once. */
export function graphqlDoors(): readonly Door[] {
  return [...rootFields.values()].map(({ type, field }) => {
    const { args } = field;
    const wraps = args.some(({ name }) => name === 'input');
    const known = wraps ? fieldsOf(args[0]!.type) : args.map(({ name }) => name);
    const requestOf = (input: Input) => {
      const variables = wraps ? { input } : input;
      return { query: documentFor(type.name.toLowerCase(), field, variables), variables };
    };
    const scopes = scopesOf(field);
    return graphqlDoor({ type, field, scopes, known, operation: field.name, requestOf });
  });
}

/** `project.members` is the members of what `project` answers. */
export function nestedDoor(operation: string): Door | undefined {
  const [of = '', name = ''] = operation.split('.');
  const { field } = rootFields.get(of) ?? {};
  const type = field && getNamedType(field.type);
  if (!field || !isObjectType(type) || !(name in type.getFields())) return undefined;
  const [target] = field.args;
  const key = `${of}${target!.name[0]!.toUpperCase()}${target!.name.slice(1)}`;
  const requestOf = (input: Input) => ({
    query: `query ($id: ID!) { ${of}(${target!.name}: $id) { ${name} { __typename } } }`,
    variables: { id: input[key] },
  });
  const nested = type.getFields()[name]!;
  const scopes = scopesOf(field);
  return graphqlDoor({ type, field: nested, scopes, known: [key], operation, requestOf });
}

function fieldsOf(type: Field['args'][number]['type']): readonly string[] {
  const named = getNamedType(type);
  return 'getFields' in named ? Object.keys(named.getFields()) : [];
}

interface Offered {
  readonly type: { readonly name: string };
  readonly field: Field;
  readonly scopes: Scopes;
  /** The names of what it can be given. */
  readonly known: readonly string[];
  readonly operation: string;
  readonly requestOf: (input: Input) => { readonly query: string; readonly variables: object };
}

const scopesOf = ({ extensions }: Field) => extensions['scopes'] as Scopes;

function graphqlDoor({ type, field, scopes, known, operation, requestOf }: Offered): Door {
  return {
    name: `${type.name}.${field.name}`,
    operation,
    scopes,
    isOpenWhileOff: true,
    seesAs: (actor) => actor,
    canSay: (input) => Object.keys(input).every((key) => known.includes(key)),
    ask: async (app, credentials, input, outcomes) => {
      const headers = { ...credentials, 'content-type': 'application/json' };
      const answer = await app.rest('POST', '/graphql', { headers, body: requestOf(input) });
      const seen = outcomes();
      const own = seen.find((outcome) => outcome.operation === operation);
      return { verdict: verdictOf(answer.body as Answer, seen, own), result: own?.result };
    },
  };
}

interface Answer {
  readonly data?: Readonly<Record<string, { readonly code?: string } | null>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

/** The operation's, if the answer says it; of what is refused at the field no operation hears. */
function verdictOf(
  { data, errors }: Answer,
  outcomes: readonly Outcome[],
  own: Outcome | undefined,
): string {
  const [value] = Object.values(data ?? {});
  const said = errors?.[0]?.extensions.code ?? value?.code;
  if (outcomes.length === 0) return said ?? 'its own: done';
  // What a field hangs on may fail before it.
  const code = outcomes.map(codeOf).find((one) => one !== undefined);
  const verdict = code ?? (own ? (stateOf(own) ?? 'done') : 'its own: done');
  // Null is how a field says that there is no such thing.
  const isTold = said === code || (value === null && !errors);
  return isTold ? verdict : `${String(said)} for ${verdict}`;
}
