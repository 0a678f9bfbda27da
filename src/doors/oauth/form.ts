import { AppError } from '../../core/errors.ts';
import { requireFewParameters } from '../http/body.ts';

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

/** The parameters of a request; one without a value counts as left out (RFC 6749 section 3.1). */
export type Parameters = Readonly<Record<string, string>>;

/** Reads a form; a parameter that comes twice is refused. */
export function readForm(
  contentType: string | undefined,
  body: Buffer = Buffer.alloc(0),
): Parameters {
  if (!FORM_TYPE.test(contentType ?? '')) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', {
      message: 'Send the request as a form (application/x-www-form-urlencoded).',
    });
  }
  requireFewParameters(body);
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (form.has(name)) throw invalid(`${cut(name)} must not come twice`);
    form.set(name, value);
  }
  return Object.fromEntries([...form].filter(([, value]) => value !== ''));
}

/**
 * Who a client says it is: `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1), not
 * both. Empty where it says nothing that can be read.
 */
export function readClient(
  authorization: string | undefined,
  form: Parameters,
): { readonly clientId: string; readonly clientSecret: string } {
  const { client_id: clientId = '', client_secret: clientSecret = '' } = form;
  if (authorization === undefined) return { clientId, clientSecret };
  if (clientSecret !== '') throw invalid('a client shows who it is in one way, not in two');
  const pair = Buffer.from(BASIC.exec(authorization)?.[1] ?? '', 'base64').toString('utf8');
  const [id = '', ...secret] = pair.split(':');
  return { clientId: decode(id), clientSecret: decode(secret.join(':')) };
}

/** Both parts are form-encoded before they are put together. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return '';
  }
}

function invalid(message: string): AppError {
  return new AppError('BAD_USER_INPUT', { issues: [{ path: [], message }] });
}

function cut(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}
