import { z } from 'zod';
import { builder } from './builder.ts';

interface JsonSchema {
  /** Several where a plain value may be null. */
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly string[];
  /** Of our own: the GraphQL enum that an `enum` is. */
  readonly enumName?: string;
  readonly items?: JsonSchema;
  /** Of our own: the GraphQL input type that an object in a list is. */
  readonly inputName?: string;
  readonly description?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
}

/** By JSON Schema's `type`, and by the `format` of our own ids. */
const SCALARS: Readonly<
  Record<string, 'ID' | 'DateTime' | 'String' | 'Boolean' | 'Int' | 'Float'>
> = {
  id: 'ID',
  'date-time': 'DateTime',
  string: 'String',
  boolean: 'Boolean',
  integer: 'Int',
  number: 'Float',
};

/** The GraphQL input type of a zod schema, so that an input is written down once. */
export function inputType<S extends z.ZodObject>(
  name: string,
  schema: S,
  description = `What \`${name.replace(/Input$/, '')}\` takes.`,
) {
  return implementInput<z.input<S>>(
    name,
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema,
    description,
  );
}

function implementInput<Shape extends object>(
  name: string,
  { properties = {}, required = [] }: JsonSchema,
  description: string,
) {
  return builder.inputRef<Shape>(name).implement({
    description,
    fields: (t) => {
      const fields: Record<string, unknown> = {};
      for (const [key, property] of Object.entries(properties)) {
        const { type, nullable, description } = readProperty(`${name}.${key}`, property);
        fields[key] = t.field({
          type: type as 'String',
          required: required.includes(key) && !nullable,
          description,
        });
      }
      // The fields are read off the schema at run time; their types are the schema's own.
      return fields as never;
    },
  });
}

function readProperty(where: string, property: JsonSchema) {
  const options =
    property.anyOf ?? [property.type ?? []].flat().map((type) => ({ ...property, type }));
  const value = options.find((option) => option.type !== 'null');
  const type = value && (listType(value) ?? typeName(value));
  const description = property.description ?? value?.description;
  if (!type) throw new Error(`${where} has no GraphQL type`);
  if (!description) throw new Error(`${where} has no description`);
  return { type, nullable: options.length > 1, description };
}

function typeName({ type, format, enum: values, enumName }: JsonSchema) {
  return values ? enumName : (SCALARS[format ?? ''] ?? SCALARS[String(type)]);
}

/** A list of objects, whose type is made where the list is met, or of plain values. */
function listType({ items }: JsonSchema) {
  if (!items) return undefined;
  if (items.inputName) return [implementInput(items.inputName, items, items.description ?? '')];
  const type = typeName(items);
  return type && [type];
}
