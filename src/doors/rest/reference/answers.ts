import { type Actor, ANONYMOUS, type AnonymousActor } from '../../../core/actor.ts';
import { needsSignIn } from '../../../access/scopes.ts';
import { AppError, type ErrorCode, type ErrorDetails, ERRORS } from '../../../core/errors.ts';
import type { Ask, Dialect, Reply, Row } from '../dialect.ts';
import { bodyPlace, seenRequest } from './example-request.ts';
import { samplesOf } from './samples.ts';

/** One answer that a row can give. */
export interface Answer extends Reply {
  /** The error's code, or which of the results it is. */
  readonly name: string;
  readonly says: string;
}

/** What a row answers where all is well, or something else has to be done first. */
export async function resultsOf(row: Row): Promise<readonly Answer[]> {
  const samples = samplesOf(row.operation);
  const answers = samples.map(async (result, n): Promise<Answer> => {
    const ask = ((operation) => {
      const [first, ...others] = samplesOf(operation);
      return Promise.resolve(n === 0 ? first : (others[n - 1] ?? first));
    }) as Ask;
    const { body, ...reply } = await row.reply(result, seenRequest(row), ask);
    return {
      ...reply,
      // As it is read: times are texts.
      ...(body !== undefined && { body: JSON.parse(JSON.stringify(body)) as unknown }),
      name: isState(result) ? result.state : 'done',
      says: isState(result) ? 'Something else has to be done first.' : 'It is done.',
    };
  });
  return Promise.all(answers);
}

const isState = (result: unknown): result is { readonly state: string } =>
  typeof result === 'object' && result !== null && 'state' in result;

/** The errors that a row can answer, as its dialect says them. */
export function failuresOf(dialect: Dialect, row: Row): readonly Answer[] {
  const told = new Map<string, Answer>();
  for (const code of codesOf(dialect, row)) {
    for (const { details, actor } of casesOf(code, row)) {
      const error = new AppError(code, details);
      const reply = dialect.failure(error, { actor, row, request: seenRequest(row) });
      const name = ('fault' in actor && actor.fault) || code;
      const key = `${code} ${JSON.stringify(reply)}`;
      if (!told.has(key)) told.set(key, { ...reply, name, says: ERRORS[code].message });
    }
  }
  return [...told.values()];
}

/** What any row can answer when the server cannot. */
export function faultsOf(dialect: Dialect): readonly Answer[] {
  const codes = ['INTERNAL_SERVER_ERROR', 'OVERLOADED', 'TIMED_OUT'] as const;
  return codes.map((code) => ({
    ...dialect.failure(new AppError(code), { actor: ANONYMOUS }),
    name: code,
    says: ERRORS[code].message,
  }));
}

/** Whether a row asks who calls: always, never, or where they say so. */
export function signInOf({ operation, input, signIn }: Row): 'needed' | 'optional' | undefined {
  const takesToken = input.fields.some(({ place }) => place === 'bearer');
  return takesToken || needsSignIn(operation.scopes) ? 'needed' : signIn;
}

function codesOf({ cookie, takesApiKeys }: Dialect, row: Row): readonly ErrorCode[] {
  const { operation, input, method, owner } = row;
  const { scopes, fails, isThrottled, beforePasswordChange } = operation;
  const asksWho = signInOf(row) !== undefined;
  const isOwnersAlone = scopes.authenticated === true && !(owner?.takesApiKeys ?? takesApiKeys);
  const body = bodyPlace(row);
  const said: Readonly<Partial<Record<ErrorCode, boolean>>> = {
    UNAUTHENTICATED: asksWho,
    REAUTHENTICATION_REQUIRED:
      (scopes.fresh ?? scopes.freshFor) !== undefined || row.signIn === 'optional',
    PASSWORD_CHANGE_REQUIRED: asksWho && !beforePasswordChange,
    FORBIDDEN: asksWho && !isOwnersAlone && scopes.apiKey !== 'any',
    BAD_USER_INPUT: input.fields.some(({ place }) => place !== 'path'),
    MALFORMED_BODY: body !== undefined,
    UNSUPPORTED_MEDIA_TYPE: body !== 'form' && method !== 'GET',
    BODY_TOO_LARGE: body !== undefined,
    // What strangers may try is counted, by this operation or by one that it asks.
    RATE_LIMITED: isThrottled || (scopes.public === true && method !== 'GET'),
    CROSS_SITE_REQUEST: cookie !== undefined || method !== 'GET',
  };
  const generic = (Object.keys(said) as ErrorCode[]).filter((code) => said[code]);
  return [...generic, ...fails];
}

interface Case {
  readonly details: ErrorDetails;
  readonly actor: Actor;
}

const FAULTS: readonly AnonymousActor['fault'][] = [
  undefined,
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'ACCOUNT_DISABLED',
];

/** What an error may be about, where that shows in how it reads. */
function casesOf(code: ErrorCode, { operation }: Row): readonly Case[] {
  const { project, permission, tenant } = operation.scopes;
  if (code === 'UNAUTHENTICATED') {
    return FAULTS.map((fault) => ({
      details: {},
      actor: fault ? { ...ANONYMOUS, fault } : ANONYMOUS,
    }));
  }
  if (code === 'FORBIDDEN' && project !== undefined) {
    const details = { required: project };
    return [false, true].map((isMember) => ({
      details: { ...details, isMember },
      actor: ANONYMOUS,
    }));
  }
  const required = permission ?? tenant;
  const details: Readonly<Partial<Record<ErrorCode, ErrorDetails>>> = {
    FORBIDDEN: required === undefined ? {} : { required },
    BAD_USER_INPUT: { issues: issuesOf(operation) },
    RATE_LIMITED: { retryAfterSeconds: 30 },
    REAUTHENTICATION_REQUIRED: { maxAgeSeconds: 3600 },
  };
  return [{ details: details[code] ?? {}, actor: ANONYMOUS }];
}

/** What is wrong with an input that says nothing, or says it in numbers where it may say nothing. */
function issuesOf({ input }: Row['operation']) {
  const none = input.safeParse({});
  const { error } = none.success ? input.safeParse([]) : none;
  return (error?.issues ?? []).map(({ path, message }) => ({
    path: path.filter((part) => typeof part !== 'symbol'),
    message,
  }));
}
