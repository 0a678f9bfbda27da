/** One row an error: its HTTP status and what a person reads. */
export interface ErrorSpec {
  readonly status: number;
  readonly message: string;
  /** Any operation can answer it and any client handles it the same way: never listed in `fails`. */
  readonly generic?: true;
  /** Nothing was compared with a credential: the attempt is given back to the throttle. */
  readonly untried?: true;
}

/** Every error this server answers on purpose. No status number stands anywhere else but in a dialect. */
export const ERRORS = {
  UNAUTHENTICATED: { status: 401, message: 'Sign in first.', generic: true },
  FORBIDDEN: { status: 403, message: 'You may not do that.', generic: true },
  /** 401 and not 403: RFC 9470. */
  REAUTHENTICATION_REQUIRED: {
    status: 401,
    message: 'Show that it is you: sign in again first.',
    generic: true,
    untried: true,
  },
  PASSWORD_CHANGE_REQUIRED: {
    status: 403,
    message: 'Choose a password of your own first.',
    generic: true,
  },
  BAD_USER_INPUT: { status: 422, message: 'The input is not valid.', generic: true },
  RATE_LIMITED: { status: 429, message: 'Too many attempts. Try again later.', generic: true },
  OVERLOADED: {
    status: 503,
    message: 'The server is busy. Try again in a moment.',
    generic: true,
    untried: true,
  },
  TIMED_OUT: {
    status: 504,
    message: 'This took too long. It may have been done all the same.',
    generic: true,
  },
  INTERNAL_SERVER_ERROR: { status: 500, message: 'Something went wrong here.', generic: true },
  NOT_FOUND: { status: 404, message: 'There is no such thing here.', generic: true },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: 'That method is not allowed here.',
    generic: true,
  },
  NOT_ACCEPTABLE: {
    status: 406,
    message: 'The answer is JSON; accept application/json.',
    generic: true,
  },
  BODY_TOO_LARGE: { status: 413, message: 'The request body is too large.', generic: true },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    message: 'Send the request body as JSON (application/json).',
    generic: true,
  },
  CROSS_SITE_REQUEST: {
    status: 403,
    message: 'Requests from other sites are refused.',
    generic: true,
  },
  HOST_NOT_ALLOWED: {
    status: 421,
    message:
      'The server does not answer to this host name. Use the address of PUBLIC_URL, or add the name to ALLOWED_HOSTS.',
    generic: true,
  },
  TOO_MANY_CONNECTIONS: {
    status: 429,
    message: 'This address or account has too many connections open. Close one first.',
    generic: true,
  },
  TOO_MANY_SUBSCRIPTIONS: {
    status: 429,
    message: 'Too many subscriptions are open. Complete one first.',
    generic: true,
  },
  // Apollo's names: its clients know what to do with them.
  PERSISTED_QUERY_NOT_FOUND: {
    status: 404,
    message: 'There is no such document here.',
    generic: true,
  },
  PERSISTED_QUERY_ID_REQUIRED: {
    status: 400,
    message: 'Name a document that this server knows, by its id.',
    generic: true,
  },
  MALFORMED_BODY: { status: 400, message: 'The request body cannot be read.', generic: true },

  INVALID_CREDENTIALS: { status: 401, message: 'Invalid username or password.' },
  ACCOUNT_DISABLED: { status: 403, message: 'This account is disabled.' },
  CHALLENGE_INVALID: {
    status: 401,
    message: 'This sign-in took too long or was tried too often. Start again.',
  },
  WRONG_CODE: { status: 401, message: 'That code is not right, or was used before.' },
  TOTP_ALREADY_ENABLED: { status: 409, message: 'The second factor is on already.' },
  TOTP_NOT_PENDING: {
    status: 400,
    message: 'There is no second factor to confirm.',
    untried: true,
  },
  TOTP_NOT_ENABLED: { status: 409, message: 'There is no second factor.' },
  WRONG_PASSWORD: { status: 401, message: 'The current password is not right.' },
  PASSWORD_REFUSED: { status: 422, message: 'That password cannot be used.', untried: true },
  RESET_TOKEN_INVALID: {
    status: 401,
    message: 'This link is not good (any more). Ask for another.',
  },
  EMAIL_MISSING: { status: 409, message: 'The account has no e-mail address.', untried: true },
  EMAIL_ALREADY_VERIFIED: {
    status: 409,
    message: 'The e-mail address is verified already.',
    untried: true,
  },
  EMAIL_OTP_INVALID: {
    status: 401,
    message: 'There is no code to be shown (any more). Ask for another.',
  },
  USERNAME_TAKEN: { status: 409, message: 'That username is taken.' },
  EMAIL_TAKEN: { status: 409, message: 'That e-mail address is taken.' },
  REGISTRATION_CLOSED: { status: 403, message: 'Only an administrator can create accounts.' },
  USER_NOT_FOUND: { status: 404, message: 'There is no such user.' },
  OWN_ACCOUNT: { status: 400, message: 'You cannot do that to your own account.' },
  LAST_ADMIN: { status: 400, message: 'The last active administrator has to stay one.' },
  TENANT_NOT_FOUND: { status: 404, message: 'There is no such tenant.' },
  MEMBER_NOT_FOUND: { status: 404, message: 'There is no such member.' },
  ALREADY_MEMBER: { status: 409, message: 'They are a member already.' },
  LAST_OWNER: { status: 400, message: 'The last owner of a tenant has to stay one.' },
  INVITATION_INVALID: { status: 404, message: 'This invitation is not valid (any more).' },
  REFERRER_INVALID: { status: 403, message: 'Nobody gave out this referrer token.' },
  REFERRER_EXPIRED: { status: 403, message: 'This referrer token has expired. Ask for another.' },
  REFERRER_INACTIVE: { status: 403, message: 'Whoever gave out this referrer token is disabled.' },
  PROJECT_NOT_FOUND: { status: 404, message: 'There is no such project.' },
  OWNER_BY_TRANSFER: { status: 400, message: 'A project changes its owner only by a transfer.' },
  SESSION_NOT_FOUND: { status: 404, message: 'There is no such session.' },
  API_KEY_NOT_FOUND: { status: 404, message: 'There is no such API key.' },
  API_KEY_REPLACED: { status: 409, message: 'This API key was replaced by another already.' },
  API_KEY_LIMIT: { status: 409, message: 'You have as many API keys as you may. Revoke one.' },
  SETUP_REQUIRED: { status: 409, message: 'Setup comes first: create the administrator.' },
  AUTH_ALWAYS_ON: {
    status: 403,
    message: 'Authentication cannot be turned off here (ALLOW_AUTH_DISABLE).',
  },
  AUTH_OFF: { status: 401, message: 'Authentication is not enabled.' },
  SETUP_TOKEN_REQUIRED: {
    status: 403,
    message:
      'Setup takes the one-time token that the server printed when it started. Send it in the header Setup-Token.',
  },
  SETUP_TOKEN_INVALID: { status: 403, message: 'The setup token is not the right one.' },
  SETUP_DONE: { status: 409, message: 'Setup is done already. Sign in instead.' },
  INVALID_CLIENT: { status: 401, message: 'The client is not known, or its secret is not right.' },
  REFRESH_TOKEN_INVALID: { status: 401, message: 'Invalid or expired refresh token.' },
  REFRESH_TOKEN_REUSED: {
    status: 401,
    message: 'This refresh token was used before. Its session has been ended; sign in again.',
  },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

/** A code that clients handle in one place, whatever the operation. */
export type GenericCode = {
  [C in ErrorCode]: (typeof ERRORS)[C] extends { generic: true } ? C : never;
}[ErrorCode];

/** A failure that belongs to an operation and is declared in its `fails`. */
export type ExpectedCode = Exclude<ErrorCode, GenericCode>;

/** One fault of an input: where it is and which rule it breaks. */
export interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What an error may carry besides its code. Shown to clients: never a secret. */
export interface ErrorDetails {
  /** Replaces the table's message where the reason is known only at run time. */
  readonly message?: string;
  readonly issues?: readonly Issue[];
  /** The permission that was missing. */
  readonly required?: string;
  /** Whether who asked has a role in the thing at all, if one that is too low. */
  readonly isMember?: boolean;
  /** Which of an error's causes it was, for programs. */
  readonly reason?: string;
  /** How long ago a sign-in may be, in seconds. */
  readonly maxAgeSeconds?: number;
  /** What a sign-in has to show, as RFC 8176 names it. */
  readonly methods?: readonly string[];
  /** Seconds until it is worth trying again; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** The only way to fail on purpose. Anything else that is thrown is masked and logged. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? ERRORS[code].message);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** Whether any operation may answer this code without declaring it. */
export function isGeneric(code: ErrorCode): code is GenericCode {
  return 'generic' in ERRORS[code];
}

/** Whether an operation that ends with this code compared nothing with a credential. */
export function isUntried(code: ErrorCode): boolean {
  return 'untried' in ERRORS[code];
}
