import { addSeconds } from '../adapters/clock.ts';
import { sha256 } from '../adapters/digest.ts';
import type { VerifiedToken } from '../adapters/tokens.ts';
import type { ApiKeyWithUser } from '../db/rows.ts';
import { touchApiKey } from './key-store.ts';
import { scopesOf } from '../access/api-keys.ts';
import { isKeyText, keyHashes } from './key-text.ts';
import { isHeldBy } from './holder.ts';
import { updateUsedGeneration } from './session-store.ts';
import { findSession, findSessionIdByOpaqueToken, touchSession } from './session-store.ts';
import type { AuthState } from '../core/auth-state.ts';
import { type MaybePromise, whenReady } from '../core/maybe-promise.ts';
import type { Services } from '../core/services.ts';
import { type Actor, ANONYMOUS, OPEN_ACTOR } from '../core/actor.ts';

/** Where a request may carry a credential. */
export interface Credentials {
  readonly authorization: string | undefined;
  /** The value of the cookie that a mount reads its token from. */
  readonly cookie: string | undefined;
}

/**
 * One way to say who calls. Answers undefined where it does not apply, and an anonymous actor with a
 * fault where a credential was sent that does not count.
 */
export type Strategy = (
  services: Services,
  credentials: Credentials,
) => MaybePromise<Actor | undefined>;

/** The first strategy that applies decides; where none does, nobody we know calls. */
export function authenticate(
  services: Services,
  strategies: readonly Strategy[],
  credentials: Credentials,
  from = 0,
): MaybePromise<Actor> {
  const strategy = strategies[from];
  if (!strategy) return ANONYMOUS;
  return whenReady(
    strategy(services, credentials),
    (actor) => actor ?? authenticate(services, strategies, credentials, from + 1),
  );
}

/** Stands first where it may: while authentication is off, a credential is not even looked at. */
export const openWhileOff: Strategy = ({ authSwitch }) => {
  return whenReady(authSwitch.state(), openUnless);
};

function openUnless(state: AuthState): Actor | undefined {
  return state === 'on' ? undefined : OPEN_ACTOR;
}

/** How seldom the use of a session or a key is written down. */
const SECONDS_BETWEEN_TOUCHES = 60;
const BEARER = /^bearer +(\S+)$/i;

/** The token of an Authorization header (RFC 6750 section 2.1), whatever it is good for. */
export function bearerIn(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
}

/** An access token in the Authorization header (RFC 6750 section 2.1). */
export const bearerToken: Strategy = (services, { authorization }) =>
  authorization === undefined ? undefined : byAccessToken(services, authorization);

function byAccessToken(services: Services, authorization: string): MaybePromise<Actor> {
  const token = bearerIn(authorization);
  if (token === undefined) return { kind: 'anonymous', fault: 'TOKEN_INVALID' };
  return whenReady(actorOfAccessToken(services, token), (actor) => noteUse(services, actor));
}

/** Whose an access token is at this moment. Asking is no use of its session, but one of its generation. */
export function actorOfAccessToken(services: Services, token: string): MaybePromise<Actor> {
  return whenReady(services.tokens.verify('access', token), (verified) =>
    typeof verified === 'string'
      ? { kind: 'anonymous', fault: verified }
      : whenReady(bySession(services, verified.sessionId, verified), (actor) =>
          noteGeneration(services, actor, verified.generation),
        ),
  );
}

/**
 * Records the first use of a generation's access token: from then on the refresh token before it is known
 * not to be that of a lost answer. The request waits, so that what comes after it is judged by it.
 */
function noteGeneration(
  { db, log, liveness }: Services,
  actor: Actor,
  generation: number,
): MaybePromise<Actor> {
  if (actor.kind !== 'user' || generation <= actor.session.usedGeneration) return actor;
  const { id } = actor.session;
  liveness.note({ ...actor.session, usedGeneration: generation });
  return updateUsedGeneration(db, { id, generation }).then(
    () => actor,
    (error: unknown) => {
      log.warn({ err: error, sessionId: id }, 'the use of a refreshed token was not recorded');
      return actor;
    },
  );
}

/** An API key in the place of the access token; applies to whatever begins as one. */
export const apiKey: Strategy = (services, { authorization }) => {
  // Most send a token, which need not be read twice.
  if (!authorization?.includes(` ${services.config.apiKeyPrefix}`)) return undefined;
  const text = bearerIn(authorization);
  return text?.startsWith(services.config.apiKeyPrefix) ? byApiKey(services, text) : undefined;
};

async function byApiKey(services: Services, text: string): Promise<Actor> {
  const { clock, config, keyedHashes, keyLiveness } = services;
  if (!isKeyText(text, config.apiKeyPrefix)) return { kind: 'anonymous', fault: 'TOKEN_INVALID' };
  const hashes = keyHashes(keyedHashes, text);
  const found = await keyLiveness.find(hashes);
  if (!found || found.revokedAt !== null) return { kind: 'anonymous', fault: 'TOKEN_INVALID' };
  const { user, ...key } = found;
  if (key.expiresAt !== null && key.expiresAt <= clock.now()) {
    return { kind: 'anonymous', fault: 'TOKEN_EXPIRED' };
  }
  if (user.disabled) return { kind: 'anonymous', fault: 'ACCOUNT_DISABLED' };
  noteKeyUse(services, found, hashes[0]);
  const scopes = scopesOf(key);
  return { kind: 'apiKey', user, key, scopes: scopes && new Set(scopes) };
}

/** The same as `noteUse` for a key. One that is kept under another SECRET_KEY is kept under the first at once. */
function noteKeyUse(services: Services, key: ApiKeyWithUser, keyHash: string): void {
  const { id, lastUsedAt } = key;
  const { db, clock, log, keyLiveness } = services;
  const now = clock.now();
  const before = addSeconds(now, -SECONDS_BETWEEN_TOUCHES);
  if (lastUsedAt !== null && lastUsedAt > before && key.keyHash === keyHash) return;
  keyLiveness.note({ keyHash, lastUsedAt: now });
  touchApiKey(db, { id, keyHash, before, now }).catch((error: unknown) => {
    log.warn({ err: error, apiKeyId: id }, 'the use of an API key was not noted');
  });
}

/** The opaque token of a cookie client, looked up by its hash. */
export const opaqueCookie: Strategy = (services, { cookie }) =>
  cookie === undefined ? undefined : byOpaqueToken(services, cookie);

async function byOpaqueToken(services: Services, token: string): Promise<Actor> {
  const sessionId = await findSessionIdByOpaqueToken(services.db, sha256(token));
  if (sessionId === undefined) return { kind: 'anonymous', fault: 'TOKEN_INVALID' };
  return noteUse(services, await bySession(services, sessionId));
}

function bySession(
  services: Services,
  sessionId: string,
  token?: VerifiedToken,
): MaybePromise<Actor> {
  return whenReady(services.liveness.find(sessionId), (session) => {
    if (!session) return whoseEnded(services, sessionId);
    if (session.user.disabled) return { kind: 'anonymous', fault: 'ACCOUNT_DISABLED' };
    if (token && !isHeldBy(token, session.user)) {
      return { kind: 'anonymous', fault: 'TOKEN_INVALID' };
    }
    const expiresAt = token ? new Date(token.expiresAt * 1000) : session.expiresAt;
    return { kind: 'user', user: session.user, session, expiresAt, tokenName: token?.name };
  });
}

/** Whoever is disabled has no session left: what ended it says more than that it ended. */
async function whoseEnded({ db }: Services, sessionId: string): Promise<Actor> {
  const ended = await findSession(db, sessionId);
  return { kind: 'anonymous', fault: ended?.user.disabled ? 'ACCOUNT_DISABLED' : 'SESSION_ENDED' };
}

/** Writes down that a session is used, at most once a minute; the request does not wait for it. */
function noteUse({ db, clock, log, liveness }: Services, actor: Actor): Actor {
  if (actor.kind !== 'user') return actor;
  const { session } = actor;
  const now = clock.now();
  const before = addSeconds(now, -SECONDS_BETWEEN_TOUCHES);
  if (session.lastSeenAt > before) return actor;
  liveness.note({ ...session, lastSeenAt: now });
  touchSession(db, { id: session.id, before, now }).catch((error: unknown) => {
    log.warn({ err: error, sessionId: session.id }, 'the use of a session was not noted');
  });
  return actor;
}
