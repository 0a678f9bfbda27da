import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isUnionType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import { GRANT, GUARDED } from '../../src/schema/builder.ts';
import { leakingFields, requireGuarded, unguardedFields } from '../../src/schema/guard.ts';
import { schema } from '../../src/doors/graphql/schema.ts';

const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
const mutations = Object.values(schema.getMutationType()!.getFields());

describe('the GraphQL contract', () => {
  it('guards every field', () => {
    expect(unguardedFields(schema)).toEqual([]);
  });

  it.each([
    ['a root field', openSchema({ root: false, type: true }), ['Query.thing']],
    ['a type', openSchema({ root: true, type: false }), ['Thing.name']],
  ])('is not built while %s is open by accident', (_case, open, fields) => {
    expect(unguardedFields(open)).toEqual(fields);
    expect(() => requireGuarded(open)).toThrow(`nobody guards: ${fields.join(', ')}`);
  });

  it('leads to what tells of someone only where a field says that it means to', () => {
    expect(leakingFields(schema)).toEqual([]);
  });

  it.each([
    ['itself', (person: GraphQLObjectType) => person],
    ['in a list', (person: GraphQLObjectType) => new GraphQLNonNull(new GraphQLList(person))],
    ['among others', (person: GraphQLObjectType) => oneOf(person)],
  ])('is not built while a field answers a person %s by accident', (_case, wrap) => {
    const leak = tellingSchema(wrap, {});
    expect(leakingFields(leak)).toEqual(['Thing.owner']);
    expect(() => requireGuarded(leak)).toThrow('tells of someone ungranted: Thing.owner');
    for (const extensions of [GRANT, SCOPED]) {
      expect(leakingFields(tellingSchema(wrap, extensions))).toEqual([]);
    }
  });

  it('describes every type, field, argument and value', () => {
    const bare: string[] = [];
    const check = (name: string, { description }: { description?: string | null | undefined }) => {
      if (!description) bare.push(name);
    };
    for (const type of types) {
      if (!isScalarType(type)) check(type.name, type);
      if (isEnumType(type) && type.name === 'ErrorCode') {
        for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
      }
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        for (const arg of 'args' in field ? field.args : []) {
          if (arg.name !== 'input') check(`${type.name}.${field.name}(${arg.name})`, arg);
        }
      }
    }
    expect(bare).toEqual([]);
  });

  it.each(mutations)('$name takes one input and answers a union of its outcomes', (mutation) => {
    const pascal = mutation.name[0]!.toUpperCase() + mutation.name.slice(1);
    const result = isNonNullType(mutation.type) ? mutation.type.ofType : mutation.type;
    expect(String(mutation.type)).toBe(`${pascal}Result!`);
    expect(isUnionType(result)).toBe(true);
    const args = mutation.args.map((arg) => `${arg.name}: ${String(arg.type)}`);
    // What was done without an input in an earlier release still is.
    const isOptional = mutation.name === 'skipSetup';
    const input = `input: ${pascal}Input${isOptional ? '' : '!'}`;
    expect(args).toEqual(args.length === 0 ? [] : [input]);
  });

  it('names every error of the table in ErrorCode', () => {
    const codes = schema.getType('ErrorCode');
    const values = isEnumType(codes) ? codes.getValues().map((value) => value.name) : [];
    expect(values.sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it('keeps failures in unions and states as types of their own', () => {
    const failures = types.filter((type) => isObjectType(type) && /Error$/.test(type.name));
    expect(failures.length).toBeGreaterThan(5);
    for (const type of failures) {
      const interfaces = isObjectType(type) ? type.getInterfaces().map(({ name }) => name) : [];
      expect(interfaces, type.name).toEqual(['Error']);
    }
  });
});

/** As `offer` marks a root field. */
const OFFERED = { scopes: { public: true } };
const SCOPED = { pothosOptions: { authScopes: { tenant: {} } } };

/** A schema with a thing whose owner is a person. */
function tellingSchema(
  wrap: (person: GraphQLObjectType) => GraphQLOutputType,
  extensions: Record<string, unknown>,
): GraphQLSchema {
  const person = new GraphQLObjectType({
    name: 'Person',
    extensions: GUARDED,
    fields: { name: { type: GraphQLString } },
  });
  const thing = new GraphQLObjectType({
    name: 'Thing',
    extensions: SCOPED,
    fields: { owner: { type: wrap(person), extensions } },
  });
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: { thing: { type: thing, extensions: OFFERED } },
  });
  return new GraphQLSchema({ query });
}

function oneOf(person: GraphQLObjectType): GraphQLUnionType {
  const robot = new GraphQLObjectType({
    name: 'Robot',
    extensions: SCOPED,
    fields: { name: { type: GraphQLString } },
  });
  return new GraphQLUnionType({ name: 'Owner', types: [robot, person] });
}

/** A schema as Pothos leaves it, with scopes only where it is told. */
function openSchema(scoped: { root: boolean; type: boolean }): GraphQLSchema {
  const extensions = (isScoped: boolean) => ({
    pothosOptions: isScoped ? { authScopes: { tenant: {} } } : {},
  });
  const thing = new GraphQLObjectType({
    name: 'Thing',
    extensions: extensions(scoped.type),
    fields: { name: { type: GraphQLString } },
  });
  const query = new GraphQLObjectType({
    name: 'Query',
    fields: { thing: { type: thing, extensions: scoped.root ? OFFERED : {} } },
  });
  return new GraphQLSchema({ query });
}
