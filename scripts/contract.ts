import { printSchemaWithDirectives } from '@graphql-tools/utils';
import {
  buildSchema,
  findBreakingChanges,
  getDirectiveValues,
  GraphQLDirective,
  GraphQLList,
  GraphQLNonNull,
  GraphQLSchema,
  GraphQLString,
  DirectiveLocation,
  lexicographicSortSchema,
} from 'graphql';
import type { Scopes } from '../src/access/scopes.ts';
import { schema } from '../src/doors/graphql/schema.ts';

/** What a reader of the contract sees of who may; the server itself decides by the operation. */
const ACCESS = new GraphQLDirective({
  name: 'access',
  description:
    'Who may ask the field: `public`, `signedIn` (with `apiKey …`: these API keys as well), or whoever has the permission on an axis, such as `tenant users:read`, an API key if it is for that; `fresh` asks for a recent sign-in as well.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    to: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLString))) },
  },
});

const AXES: Readonly<Record<string, string>> = {
  permission: 'system',
  tenant: 'tenant',
  anywhere: 'tenant',
  project: 'project',
};

/** The scopes of an operation in words. */
function words(scopes: Scopes): readonly string[] {
  return Object.entries(scopes).map(([scope, wanted]) => {
    if (scope === 'public') return 'public';
    if (scope === 'authenticated') return 'signedIn';
    if (scope === 'apiKey') return `apiKey ${String(wanted)}`;
    if (scope === 'fresh') return 'fresh';
    return `${AXES[scope]} ${String(wanted)}`;
  });
}

/** The whole contract as SDL, each root field with who may ask it. */
export function printContract(): string {
  const config = lexicographicSortSchema(schema).toConfig();
  for (const root of [config.query, config.mutation, config.subscription]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const to = words(field.extensions['scopes'] as Scopes);
      field.extensions = { ...field.extensions, directives: { access: { to } } };
    }
  }
  const directives = [...config.directives, ACCESS];
  return `${printSchemaWithDirectives(new GraphQLSchema({ ...config, directives }))}\n`;
}

/** What a client made for the released contract could not go on with; `current` is what the code has. */
export function breakingChanges(released: string, current = printContract()): string[] {
  const [before, now] = [released, current].map((sdl) => buildSchema(sdl)) as [
    GraphQLSchema,
    GraphQLSchema,
  ];
  return [
    ...findBreakingChanges(before, now).map(({ description }) => description),
    ...tightenedAccess(before, now),
  ];
}

/** Root fields that ask more of their caller than they did: whoever may ask them no longer may. */
function tightenedAccess(before: GraphQLSchema, now: GraphQLSchema): string[] {
  const wanted = accessOf(now);
  return [...accessOf(before)].flatMap(([field, was]) => {
    const is = wanted.get(field);
    if (!is || !isTighter(was, is)) return [];
    return [`${field} asks for ${is.join(' and ')}, where it asked for ${was.join(' and ')}.`];
  });
}

/** Only `public`, `signedIn` and `fresh` are known to ask less or more than something else. */
function isTighter(was: readonly string[], is: readonly string[]): boolean {
  if (is.includes('public')) return false;
  if (was.includes('public')) return true;
  const asked = (words: readonly string[]) => words.filter((word) => word !== 'signedIn');
  return asked(is).some((word) => !was.includes(word));
}

/** What `@access` says, by `Type.field`. */
function accessOf(contract: GraphQLSchema): ReadonlyMap<string, readonly string[]> {
  const roots = [
    contract.getQueryType(),
    contract.getMutationType(),
    contract.getSubscriptionType(),
  ].filter((root) => root != null);
  return new Map(
    roots.flatMap((root) =>
      Object.values(root.getFields()).map(({ name, astNode }) => {
        const { to = [] } = (astNode && getDirectiveValues(ACCESS, astNode)) ?? {};
        return [`${root.name}.${name}`, to as readonly string[]] as const;
      }),
    ),
  );
}
