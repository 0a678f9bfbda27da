import {
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { DECIDED, GRANTS, GUARDED, OPEN, READERS } from './builder.ts';

interface Guarded {
  readonly extensions: Readonly<Record<string, unknown>>;
}

/**
 * Every field that nobody guards: neither it nor its type says who may read it. Each field of a root type
 * offers an operation, which decides. The schema is not built while there is one.
 */
export function unguardedFields(schema: GraphQLSchema): string[] {
  const roots = rootsOf(schema);
  const unguarded: string[] = [];
  for (const type of objectsOf(schema)) {
    const isRoot = roots.includes(type);
    if (!isRoot && (hasScopes(type) || namesReaders(type))) continue;
    for (const field of Object.values(type.getFields())) {
      const isGuarded = isRoot ? offersOperation(field) : hasScopes(field);
      if (!isGuarded) unguarded.push(`${type.name}.${field.name}`);
    }
  }
  return unguarded;
}

/**
 * Every field that answers what tells of someone and neither says that it means to nor asks for scopes
 * of its own, as each field of a root type does. The schema is not built while there is one.
 */
export function leakingFields(schema: GraphQLSchema): string[] {
  const roots = rootsOf(schema);
  const tells = (type: GraphQLNamedType): boolean =>
    isAbstractType(type)
      ? schema.getPossibleTypes(type).some(tells)
      : type.extensions[READERS] === GUARDED[READERS];
  return objectsOf(schema)
    .filter((type) => !roots.includes(type))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => tells(getNamedType(field.type)))
        .filter((field) => field.extensions[GRANTS] !== true && !hasScopes(field))
        .map((field) => `${type.name}.${field.name}`),
    );
}

/** Answers the schema; throws where a field is open by accident. */
export function requireGuarded(schema: GraphQLSchema): GraphQLSchema {
  const unguarded = unguardedFields(schema);
  if (unguarded.length > 0) throw new Error(`nobody guards: ${unguarded.join(', ')}`);
  const leaking = leakingFields(schema);
  if (leaking.length > 0) throw new Error(`tells of someone ungranted: ${leaking.join(', ')}`);
  return schema;
}

function rootsOf(schema: GraphQLSchema): readonly (GraphQLNamedType | null | undefined)[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
}

function objectsOf(schema: GraphQLSchema) {
  const types = Object.values(schema.getTypeMap());
  return types.filter(isObjectType).filter((type) => !isIntrospectionType(type));
}

function namesReaders({ extensions }: Guarded): boolean {
  return [OPEN[READERS], GUARDED[READERS]].some((readers) => readers === extensions[READERS]);
}

function offersOperation({ extensions }: Guarded): boolean {
  return extensions[DECIDED] !== undefined;
}

function hasScopes({ extensions }: Guarded): boolean {
  const options = extensions['pothosOptions'] as { authScopes?: unknown } | undefined;
  const scopes = options?.authScopes;
  // A function asks about the very object that it is given.
  if (typeof scopes === 'function') return true;
  return typeof scopes === 'object' && scopes !== null && Object.keys(scopes).length > 0;
}
