import { getQueryParam } from 'hono/utils/url';
import { AppError } from '../../core/errors.ts';
import { requireFewParameters, requireFewValues } from '../http/body.ts';

/** A request as a row sees it. */
export interface RestRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The token of the Authorization header: some endpoints take one that signs nobody in. */
  readonly bearer: string | undefined;
  readonly contentType: string;
  readonly body: Buffer;
  /** Whether the client reaches this server over TLS: cookies are `Secure` then. */
  readonly isHttps: boolean;
}

/**
 * The bearer token where it is no access token; without one it is a stranger who asks.
 * @throws UNAUTHENTICATED
 */
export function requireBearer({ bearer }: RestRequest): string {
  if (bearer === undefined) throw new AppError('UNAUTHENTICATED');
  return bearer;
}

/**
 * Refuses a body that is not JSON, on a row that reads none as well: a page of another site can send text
 * and forms without a preflight. A row that reads a form judges its body itself.
 * @throws UNSUPPORTED_MEDIA_TYPE
 */
export function requireReadableBody(
  { method, body, contentType }: RestRequest,
  fields: readonly { readonly place: string }[],
): void {
  if (method === 'GET' || body.byteLength === 0 || JSON_TYPE.test(contentType)) return;
  if (!fields.some(({ place }) => place === 'form')) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

/** The parameters of a query string, the first of each name. */
export function readQuery(url: string): RestRequest['query'] {
  return getQueryParam(`http://localhost${url}`) as Record<string, string>;
}

/** The body as a JSON object; `{}` where there is none. */
export function jsonBody(request: RestRequest): Readonly<Record<string, unknown>> {
  const body = readJson(request);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>;
  }
  throw new AppError('BAD_USER_INPUT', {
    issues: [{ path: [], message: 'the request body must be a JSON object' }],
  });
}

const FORM_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i;

/**
 * The texts of a form, urlencoded or multipart (the first of a name); nothing where the body is none.
 * @throws MALFORMED_BODY
 */
export async function formBody({
  body,
  contentType,
}: RestRequest): Promise<Readonly<Record<string, string>>> {
  if (!FORM_TYPE.test(contentType)) return {};
  if (!contentType.toLowerCase().startsWith('multipart')) requireFewParameters(body);
  const form = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } });
  const fields = await form.formData().catch(() => {
    throw new AppError('MALFORMED_BODY', { message: 'The request body is not a valid form.' });
  });
  const texts = [...fields].filter(
    (field): field is [string, string] => typeof field[1] === 'string',
  );
  return Object.fromEntries(texts.reverse());
}

/** The body as a list of JSON objects; one alone is a list of it. */
export function jsonList(request: RestRequest): readonly unknown[] {
  const body = readJson(request);
  return Array.isArray(body) ? body : [jsonBody(request)];
}

/**
 * The body as JSON; `{}` where there is none.
 * @throws UNSUPPORTED_MEDIA_TYPE, MALFORMED_BODY
 */
export function readJson({ body, contentType }: RestRequest): unknown {
  if (body.byteLength === 0) return {};
  if (!JSON_TYPE.test(contentType)) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
  requireFewValues(body);
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new AppError('MALFORMED_BODY', { message: 'The request body is not valid JSON.' });
  }
}
