import type { IncomingMessage } from 'node:http';
import { AppError } from '../../core/errors.ts';
import { requireFewValues } from '../http/body.ts';

/** The members of a GraphQL request; which of them are valid is for GraphQL to say. */
export type GraphqlParams = Readonly<Record<string, unknown>>;

export const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

/** The media type to answer in, for the `Accept` values that need no weighing. */
export const PLAIN_ACCEPT: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [RESPONSE_TYPE, RESPONSE_TYPE],
  // What Apollo Client 4 and urql send.
  [`${RESPONSE_TYPE},${JSON_TYPE};q=0.9`, RESPONSE_TYPE],
  [
    `${RESPONSE_TYPE}, application/graphql+json, ${JSON_TYPE}, text/event-stream, multipart/mixed`,
    RESPONSE_TYPE,
  ],
]);

const JSON_BODY = /^application\/json\s*(?:;|$)/i;
const OTHER_CHARSET = /;\s*charset=(?!"?utf-8"?\s*(?:;|$))/i;
const ANSWER_TYPES = new Set([
  '*/*',
  'application/*',
  'application/json',
  'application/graphql-response+json',
  'multipart/mixed',
  'text/event-stream',
]);

/**
 * Refuses a request whose body could not be read or whose answer could not be written, before anything
 * is executed. JSON only: what a form of another site can send changes nothing here.
 */
export function requireReadable({ method, headers }: IncomingMessage): void {
  if (!PLAIN_ACCEPT.has(headers.accept) && !isAcceptable(headers.accept || '*/*'))
    throw new AppError('NOT_ACCEPTABLE');
  if (method !== 'POST') return;
  const type = headers['content-type'] ?? '';
  if (!JSON_BODY.test(type) || OTHER_CHARSET.test(type)) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE');
  }
}

function isAcceptable(accept: string): boolean {
  return accept
    .toLowerCase()
    .split(',')
    .some((range) => {
      const [type = '', ...params] = range.split(';').map((part) => part.trim());
      return ANSWER_TYPES.has(type) && !OTHER_CHARSET.test(range) && !params.includes('q=0');
    });
}

/** The one request that a body holds. */
export function parseParams(body: Buffer): GraphqlParams {
  requireFewValues(body);
  const params = parseJson(body.toString('utf8'), 'The request body');
  if (typeof params === 'object' && params !== null && !Array.isArray(params)) {
    return params as GraphqlParams;
  }
  const message = 'The request body must be one JSON object: one request, not a batch.';
  throw new AppError('MALFORMED_BODY', { message });
}

const TEXTS = ['query', 'operationName'] as const;
const JSONS = ['variables', 'extensions'] as const;

/**
 * The one request that a query string holds; other parameters are passed over.
 * @param takesIds whether a document may be named by its id
 */
export function parseQuery(url: string, takesIds: boolean): GraphqlParams {
  const from = url.indexOf('?');
  const query = new URLSearchParams(from === -1 ? '' : url.slice(from));
  const params: Record<string, unknown> = {};
  for (const name of takesIds ? [...TEXTS, 'documentId'] : TEXTS) {
    params[name] = query.get(name) || undefined;
  }
  for (const name of JSONS) {
    const text = query.get(name);
    params[name] = text ? parseJson(text, `The parameter "${name}"`) : undefined;
  }
  return params;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('MALFORMED_BODY', { message: `${what} is not valid JSON.` });
  }
}
