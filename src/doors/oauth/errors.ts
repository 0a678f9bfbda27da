import { type AppError, type ErrorCode, ERRORS } from '../../core/errors.ts';
import { type HttpReply, jsonReply } from '../http/endpoint.ts';

interface OauthError {
  readonly error: string;
  /** Where RFC 6749 section 5.2 has another than the table. */
  readonly status?: number;
}

const INVALID_REQUEST: OauthError = { error: 'invalid_request', status: 400 };

const OAUTH_ERRORS: Partial<Record<ErrorCode, OauthError>> = {
  INVALID_CLIENT: { error: 'invalid_client' },
  BAD_USER_INPUT: INVALID_REQUEST,
  MALFORMED_BODY: INVALID_REQUEST,
  UNSUPPORTED_MEDIA_TYPE: INVALID_REQUEST,
  BODY_TOO_LARGE: { error: 'invalid_request' },
  METHOD_NOT_ALLOWED: { error: 'invalid_request' },
  CROSS_SITE_REQUEST: { error: 'invalid_request' },
  RATE_LIMITED: { error: 'temporarily_unavailable' },
  OVERLOADED: { error: 'temporarily_unavailable' },
  TIMED_OUT: { error: 'temporarily_unavailable' },
};

/** An error as RFC 6749 section 5.2 has it. */
export function oauthFailure(failure: AppError): HttpReply {
  const { error, status } = OAUTH_ERRORS[failure.code] ?? { error: 'server_error' };
  const body = { error, error_description: describe(failure) };
  const reply = jsonReply(status ?? ERRORS[failure.code].status, body);
  if (failure.code !== 'INVALID_CLIENT') return reply;
  const challenge = 'Basic realm="vestibule", charset="UTF-8"';
  return { ...reply, headers: { ...reply.headers, 'www-authenticate': challenge } };
}

/** Printable ASCII without quotes and backslashes: RFC 6749 allows no more. */
function describe({ message, details }: AppError): string {
  const issues = details.issues?.map((issue) => `${issue.path.join('.')} ${issue.message}`.trim());
  return (issues?.join('; ') ?? message)
    .replaceAll('"', "'")
    .replace(/[^\x20-\x5b\x5d-\x7e]/g, '?');
}
