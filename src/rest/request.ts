import { AppError } from '../errors.ts';

/** A request as a row sees it. */
export interface RestRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: Buffer;
  /** Whether the client reaches this server over TLS: cookies are `Secure` then. */
  readonly isHttps: boolean;
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

/** The body as a JSON object; `{}` where there is none. */
export function jsonBody(request: RestRequest): Readonly<Record<string, unknown>> {
  const body = json(request);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>;
  }
  throw new AppError('BAD_USER_INPUT', {
    issues: [{ path: [], message: 'the request body must be a JSON object' }],
  });
}

/** The body as a list of JSON objects; one alone is a list of it. */
export function jsonList(request: RestRequest): readonly unknown[] {
  const body = json(request);
  return Array.isArray(body) ? body : [jsonBody(request)];
}

function json({ body, contentType }: RestRequest): unknown {
  if (body.byteLength === 0) return {};
  if (!JSON_TYPE.test(contentType)) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new AppError('MALFORMED_BODY', { message: 'The request body is not valid JSON.' });
  }
}
