import { STATUS_CODES } from 'node:http';
import type { Dialect, Row } from '../dialect.ts';
import { type Answer, failuresOf, faultsOf, resultsOf, signInOf } from './answers.ts';
import { bodyPlace, exampleIn, FORM_TYPE, JSON_TYPE } from './example-request.ts';
import { fieldsOf, type FieldSchema, objectOf, type Schema, schemaFor } from './schemas.ts';

/** An OpenAPI 3.1 document of a dialect, made of its rows. */
export async function openApiOf(dialect: Dialect) {
  const paths: Record<string, Record<string, object>> = {};
  for (const row of dialect.rows) {
    const path = row.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: await operationOf(dialect, row) };
  }
  const { name, title, about, cookie } = dialect;
  return {
    openapi: '3.1.1',
    info: { title, summary: about, version: '1.0.0' },
    servers: [{ url: `/compat/${name}` }],
    paths,
    components: {
      securitySchemes:
        cookie === undefined
          ? { bearer: { type: 'http', scheme: 'bearer' } }
          : { cookie: { type: 'apiKey', in: 'cookie', name: cookie } },
      responses: { Fault: responseOf(faultsOf(dialect), 'The server cannot answer.') },
    },
  };
}

async function operationOf(dialect: Dialect, row: Row): Promise<object> {
  const { operation, method, path } = row;
  const fields = fieldsOf(row);
  const answers = [...(await resultsOf(row)), ...failuresOf(dialect, row)];
  const statuses = [...new Set(answers.map(({ status }) => status))].sort();
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+(\w)?/g, (_all, next = '') => `_${next}`)}`,
    summary: operation.description.replace(/\.(?: .*)?$/s, ''),
    description: operation.description,
    security: securityOf(dialect, row),
    ...parametersOf(row, fields),
    ...requestBodyOf(row, fields),
    responses: {
      ...Object.fromEntries(
        statuses.map((status) => {
          const own = answers.filter((answer) => answer.status === status);
          return [status, responseOf(own, descriptionOf(status, own))];
        }),
      ),
      '5XX': { $ref: '#/components/responses/Fault' },
    },
  };
}

function securityOf({ cookie }: Dialect, row: Row): readonly object[] {
  const signIn = signInOf(row);
  if (signIn === undefined) return [];
  const scheme = { [cookie === undefined ? 'bearer' : 'cookie']: [] };
  return signIn === 'optional' ? [{}, scheme] : [scheme];
}

function parametersOf(row: Row, fields: readonly FieldSchema[]) {
  const parameters = fields
    .filter(({ place }) => place === 'path' || place === 'query')
    .map(({ place, name, required, schema: { description, ...schema } }) => ({
      name,
      in: place,
      required,
      ...(description !== undefined && { description }),
      schema,
      example: exampleIn(row, place)[name],
    }));
  const all = [...parameters, ...headersTaken(row)];
  return all.length > 0 && { parameters: all };
}

function headersTaken({ operation }: Row) {
  if (!operation.fails.includes('SETUP_TOKEN_REQUIRED')) return [];
  return [
    {
      name: 'Setup-Token',
      in: 'header',
      required: false,
      description: 'The one-time token that the server printed when it started; in production.',
      schema: { type: 'string' },
    },
  ];
}

function requestBodyOf(row: Row, fields: readonly FieldSchema[]) {
  const place = bodyPlace(row);
  if (place === undefined) return {};
  const one = objectOf(fields, place);
  const schema = row.input.takesList ? { oneOf: [one, { type: 'array', items: one }] } : one;
  const example = Array.isArray(row.example) ? row.example : exampleIn(row, place);
  const types = place === 'json' ? [JSON_TYPE] : [FORM_TYPE, 'multipart/form-data'];
  const content = Object.fromEntries(types.map((type) => [type, { schema, example }]));
  return { requestBody: { required: 'required' in one, content } };
}

function descriptionOf(status: number, answers: readonly Answer[]): string {
  const says = [...new Set(answers.map(({ says }) => says))].join(' ');
  return `${STATUS_CODES[status] ?? status}. ${says}`;
}

function responseOf(answers: readonly Answer[], description: string): Schema {
  const told = answers.filter(({ body }) => body !== undefined);
  const schema = schemaFor(told.map(({ body }) => body));
  const headers = headersOf(answers);
  return {
    description,
    ...(headers && { headers }),
    ...(told.length > 0 && {
      content: { [JSON_TYPE]: { schema, examples: examplesOf(told) } },
    }),
  };
}

/** Each answer by its name; of those with the same fields after an operation the first. */
function examplesOf(answers: readonly Answer[]): Readonly<Record<string, object>> {
  const examples: Record<string, object> = {};
  const shapes = new Set<string>();
  for (const { name, says, body } of answers) {
    const shape = `${name} ${shapeOf(body)}`;
    if (name === 'done' && shapes.has(shape)) continue;
    shapes.add(shape);
    const taken = Object.keys(examples).filter((key) => key.replace(/_\d+$/, '') === name).length;
    examples[taken === 0 ? name : `${name}_${taken + 1}`] = { summary: says, value: body };
  }
  return examples;
}

const shapeOf = (body: unknown) =>
  JSON.stringify(typeof body === 'object' && body !== null ? Object.keys(body) : body);

function headersOf(answers: readonly Answer[]): Schema | undefined {
  if (answers.some(({ headers }) => headers?.['set-cookie'] !== undefined)) {
    return { 'Set-Cookie': { schema: { type: 'string' } } };
  }
  if (!answers.some(({ name }) => name === 'RATE_LIMITED')) return undefined;
  const description = 'Seconds until it is worth trying again.';
  return { 'Retry-After': { description, schema: { type: 'integer' } } };
}
