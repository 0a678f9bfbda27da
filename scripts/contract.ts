import { printSchemaWithDirectives } from '@graphql-tools/utils';
import {
  BreakingChangeType,
  buildSchema,
  findBreakingChanges,
  GraphQLDirective,
  GraphQLList,
  GraphQLNonNull,
  GraphQLSchema,
  GraphQLString,
  DirectiveLocation,
  lexicographicSortSchema,
} from 'graphql';
import type { Scopes } from '../src/access/scopes.ts';
import { schema } from '../src/graphql/schema.ts';

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

/** What a client made for the released contract could not go on with. */
export function breakingChanges(released: string): string[] {
  return (
    findBreakingChanges(buildSchema(released), schema)
      // The server's own schema knows nothing of what is printed for readers.
      .filter(({ type }) => type !== BreakingChangeType.DIRECTIVE_REMOVED)
      .map(({ description }) => description)
  );
}
