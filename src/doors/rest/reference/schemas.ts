import { z } from 'zod';
import type { Row } from '../dialect.ts';
import type { Field, Place } from '../fields.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** A field of a request, as a document describes it. */
export interface FieldSchema extends Field {
  readonly required: boolean;
  readonly schema: Schema;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: ObjectSchema;
}

/** The fields of a row's request, with what its operation says of their values. */
export function fieldsOf({ operation, input }: Row): readonly FieldSchema[] {
  const whole = z.toJSONSchema(operation.input, { io: 'input' }) as ObjectSchema;
  // An operation that takes nothing but a list takes the fields of each.
  const items = Object.values(whole.properties ?? {}).map(({ items }) => items as ObjectSchema);
  const { properties = {}, required = [] } = (items.length === 1 && items[0]) || whole;
  return input.fields.map((field) => {
    const { description, ...given } = described(plain(properties[field.to] ?? {}));
    const sharesIts = input.fields.some((other) => other !== field && other.to === field.to);
    return {
      ...field,
      required: field.place === 'path' || (required.includes(field.to) && !sharesIts),
      schema: { ...(description !== undefined && { description }), ...(field.schema ?? given) },
    };
  });
}

/** The object that the fields of one place are. */
export function objectOf(fields: readonly FieldSchema[], place: Place): Schema {
  const own = fields.filter((field) => field.place === place);
  const required = own.filter((field) => field.required).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(own.map(({ name, schema }) => [name, schema])),
    ...(required.length > 0 && { required }),
  };
}

/** A schema whose description stands where one looks for it, if a part of it has one. */
function described(schema: Schema): Schema {
  const [first] = (schema['anyOf'] ?? []) as readonly Schema[];
  return first?.['description'] === undefined
    ? schema
    : { description: first['description'], ...schema };
}

/** What is ours in a schema says nothing to others. */
function plain(schema: Schema): Schema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === 'enumName' || key === 'inputName' || (key === 'format' && value === 'id')
        ? undefined
        : value,
    ),
  ) as Schema;
}

/** A schema that all of some JSON values fit. */
export function schemaFor(values: readonly unknown[]): Schema {
  const kinds = [...new Set(values.map(kindOf))];
  const type = kinds.length === 1 ? kinds[0] : kinds;
  const items = values.filter((value) => Array.isArray(value)).flat() as readonly unknown[];
  const objects = values.filter((value) => kindOf(value) === 'object') as readonly Schema[];
  return {
    ...(kinds.length > 0 && { type }),
    ...(items.length > 0 && { items: schemaFor(items) }),
    ...(objects.length > 0 && propertiesFor(objects)),
  };
}

function propertiesFor(objects: readonly Schema[]): Schema {
  const names = [...new Set(objects.flatMap((value) => Object.keys(value)))];
  const required = names.filter((name) => objects.every((value) => name in value));
  const schemaOf = (name: string) =>
    schemaFor(objects.filter((value) => name in value).map((value) => value[name]));
  return {
    properties: Object.fromEntries(names.map((name) => [name, schemaOf(name)])),
    ...(required.length > 0 && { required }),
  };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}
