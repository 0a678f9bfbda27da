import { z } from 'zod';
import { builder } from './builder.ts';

interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
}

/** By JSON Schema's `type`, and by the `format` of our own ids. */
const SCALARS: Readonly<Record<string, 'ID' | 'String' | 'Boolean' | 'Int' | 'Float'>> = {
  id: 'ID',
  string: 'String',
  boolean: 'Boolean',
  integer: 'Int',
  number: 'Float',
};

/** The GraphQL input type of an operation's zod schema, so that an input is written down once. */
export function inputType<S extends z.ZodObject>(name: string, schema: S) {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  return builder.inputRef<z.input<S>>(name).implement({
    description: `What \`${name.replace(/Input$/, '')}\` takes.`,
    fields: (t) => {
      const fields: Record<string, unknown> = {};
      for (const [key, property] of Object.entries(properties)) {
        const { scalar, nullable, description } = readProperty(`${name}.${key}`, property);
        fields[key] = t.field({
          type: scalar,
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
  const options = property.anyOf ?? [property];
  const value = options.find((option) => option.type !== 'null');
  const scalar = SCALARS[value?.format ?? ''] ?? SCALARS[value?.type ?? ''];
  const description = property.description ?? value?.description;
  if (!scalar) throw new Error(`${where} has no GraphQL type`);
  if (!description) throw new Error(`${where} has no description`);
  return { scalar, nullable: options.length > 1, description };
}
