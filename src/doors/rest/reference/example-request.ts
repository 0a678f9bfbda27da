import type { Row } from '../dialect.ts';
import type { Place } from '../fields.ts';
import type { RestRequest } from '../request.ts';

/** A request that shows a row, as it goes over the wire. */
export interface ExampleRequest {
  readonly method: string;
  /** With its query, without what stands before the documented paths. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
}

export const FORM_TYPE = 'application/x-www-form-urlencoded';
export const JSON_TYPE = 'application/json';

/** The fields of a row's example that stand in one place. */
export function exampleIn(row: Row, place: Place): Readonly<Record<string, unknown>> {
  const values = row.example as Readonly<Record<string, unknown>>;
  const names = row.input.fields.filter((field) => field.place === place).map(({ name }) => name);
  return Object.fromEntries(
    names.filter((name) => name in values).map((name) => [name, values[name]]),
  );
}

export function exampleRequest(row: Row): ExampleRequest {
  const { method, path, example } = row;
  const params = exampleIn(row, 'path');
  // What a body says as well is said there.
  const isSaid = bodyPlace(row) !== undefined;
  const query = isSaid ? '' : String(searchParams(exampleIn(row, 'query')));
  const filled = path.replace(/:(\w+)/g, (_all, name: string) => String(params[name]));
  return {
    method,
    path: query === '' ? filled : `${filled}?${query}`,
    ...bodyOf(row, Array.isArray(example) ? example : undefined),
  };
}

/** The same as a row sees it. */
export function seenRequest(row: Row): RestRequest {
  const { contentType = '', body = '' } = exampleRequest(row);
  return {
    method: row.method,
    params: exampleIn(row, 'path') as Readonly<Record<string, string>>,
    query: {},
    bearer: undefined,
    contentType,
    body: Buffer.from(body),
    isHttps: true,
  };
}

/** Where in a row's request its body's fields stand; undefined where it has no body. */
export function bodyPlace({ input }: Row): 'json' | 'form' | undefined {
  const places = new Set(input.fields.map(({ place }) => place));
  if (places.has('json')) return 'json';
  return places.has('form') ? 'form' : undefined;
}

function bodyOf(row: Row, list: readonly unknown[] | undefined) {
  const place = bodyPlace(row);
  if (place === undefined) return {};
  if (place === 'json') {
    return { contentType: JSON_TYPE, body: JSON.stringify(list ?? exampleIn(row, place)) };
  }
  return { contentType: FORM_TYPE, body: String(searchParams(exampleIn(row, place))) };
}

const searchParams = (fields: Readonly<Record<string, unknown>>) =>
  new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
