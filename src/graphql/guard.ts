import { type GraphQLSchema, isIntrospectionType, isObjectType } from 'graphql';

interface Guarded {
  readonly extensions: Readonly<Record<string, unknown>>;
}

/**
 * Every field that nobody guards: neither it nor its type carries scopes. The fields of a root type
 * each need their own. The schema is not built while there is one.
 */
export function unguardedFields(schema: GraphQLSchema): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const unguarded: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    if (!roots.includes(type) && hasScopes(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!hasScopes(field)) unguarded.push(`${type.name}.${field.name}`);
    }
  }
  return unguarded;
}

/** Answers the schema; throws where a field is open by accident. */
export function requireGuarded(schema: GraphQLSchema): GraphQLSchema {
  const unguarded = unguardedFields(schema);
  if (unguarded.length > 0) throw new Error(`no authScopes on: ${unguarded.join(', ')}`);
  return schema;
}

function hasScopes({ extensions }: Guarded): boolean {
  const options = extensions['pothosOptions'] as { authScopes?: unknown } | undefined;
  const scopes = options?.authScopes;
  // A function asks about the very object that it is given.
  if (typeof scopes === 'function') return true;
  return typeof scopes === 'object' && scopes !== null && Object.keys(scopes).length > 0;
}
