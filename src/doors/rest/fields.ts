import { formBody, jsonBody, requireBearer, type RestRequest } from './request.ts';

/** Where in a request a field stands. */
export type Place = 'path' | 'query' | 'json' | 'form' | 'bearer';

interface Target {
  /** What the operation calls it. */
  readonly to: string;
  /** The operation's value for the document's; what is none is passed on, to be refused. */
  readonly read?: (value: unknown) => unknown;
  /** What the document says of the value, where the operation says something else. */
  readonly schema?: object;
}

/** A field of a request, as the document has it. */
export interface Field extends Target {
  readonly place: Place;
  readonly name: string;
}

/** The document's names of fields, with the operation's. Of several for one the first present counts. */
export type Names = Readonly<Record<string, string | Target>>;

type Sources = Readonly<Partial<Record<Place, Names>>>;

/** How a request becomes what an operation takes, with the fields that this reads. */
export interface Input {
  (request: RestRequest): unknown;
  readonly fields: readonly Field[];
  /** Whether the body may be a list of objects with these fields as well. */
  readonly takesList?: true;
}

/** A field whose value the document spells in its own way. */
export function as(to: string, read: (value: unknown) => unknown, schema?: object): Target {
  return { to, read, ...(schema && { schema }) };
}

/**
 * Takes the fields that are named from where they stand, in the order of the sources.
 * @param always what the operation is told besides
 * @throws UNAUTHENTICATED, UNSUPPORTED_MEDIA_TYPE, MALFORMED_BODY, BAD_USER_INPUT
 */
export function from(sources: Sources, always: object = {}): Input {
  const places = Object.keys(sources) as Place[];
  const read = async (request: RestRequest) => {
    let input: Readonly<Record<string, unknown>> = { ...always };
    for (const place of places) {
      input = renamed(await READ[place](request), sources[place] ?? {}, input);
    }
    return input;
  };
  return reading(read, sources);
}

/** A way of reading a request that no table of names describes, with the fields that it knows. */
export function reading(
  read: (request: RestRequest) => unknown,
  sources: Sources,
  { takesList }: Pick<Input, 'takesList'> = {},
): Input {
  const fields = Object.entries(sources).flatMap(([place, names]) =>
    Object.entries(names).map(([name, target]): Field => ({
      place: place as Place,
      name,
      ...targetOf(target),
    })),
  );
  return Object.assign((request: RestRequest) => read(request), {
    fields,
    ...(takesList && { takesList }),
  });
}

/** Values under the operation's names, beside those that are known already. */
export function renamed(
  values: Readonly<Record<string, unknown>>,
  names: Names,
  known: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const input: Record<string, unknown> = { ...known };
  for (const [name, target] of Object.entries(names)) {
    const { to, read } = targetOf(target);
    const value = values[name];
    input[to] ??= value === undefined || !read ? value : read(value);
  }
  return input;
}

/** What the document calls the fields of an operation. */
export function namesOf(input: Input | undefined): Readonly<Record<string, string>> {
  const fields = input?.fields ?? [];
  return Object.fromEntries(fields.map(({ to, name }) => [to, name] as const).reverse());
}

const targetOf = (target: string | Target): Target =>
  typeof target === 'string' ? { to: target } : target;

const READ: Readonly<
  Record<
    Place,
    (request: RestRequest) => Readonly<Record<string, unknown>> | ReturnType<typeof formBody>
  >
> = {
  path: ({ params }) => params,
  query: ({ query }) => query,
  json: jsonBody,
  form: formBody,
  bearer: (request) => ({ token: requireBearer(request) }),
};
