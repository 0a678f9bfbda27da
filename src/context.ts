import type { Actor } from './access/actor.ts';
import type { Attempt } from './features/throttles/throttles.ts';
import { forRequest } from './db/client.ts';
import type { Services } from './services.ts';

/** Says when to stop: what GraphQL's engine asks of an AbortSignal, which costs a request far more. */
export type Stop = Pick<AbortSignal, 'throwIfAborted' | 'addEventListener' | 'removeEventListener'>;

/** What is known of the request itself, whichever door it came through. */
export interface RequestInfo {
  readonly id: string;
  /** The client's address; behind trusted proxies the one they vouch for. */
  readonly ipAddress: string;
  readonly userAgent: string | undefined;
  /** Aborts when nobody waits for the answer any more: nothing new is begun or written then. */
  readonly signal?: Stop;
}

/** What an operation is given: the services, who calls, and from where. */
export interface Context extends Services {
  readonly actor: Actor;
  readonly request: RequestInfo;
  /** Tokens by the username, for the doors of this server alone. @default tokens that others verify */
  readonly tokenKind?: 'named' | undefined;
}

/** The same for an operation whose attempt is counted: only there may a credential be checked. */
export interface ThrottledContext extends Context {
  readonly attempt: Attempt;
}

/** What a request's operations are given; what they write hangs on its signal. */
export function contextOf(services: Services, actor: Actor, request: RequestInfo): Context {
  // Written out: a spread of so many members costs each request several microseconds.
  return {
    config: services.config,
    clock: services.clock,
    random: services.random,
    log: services.log,
    db: forRequest(services.db, request.signal),
    secretBox: services.secretBox,
    hasher: services.hasher,
    keys: services.keys,
    tokens: services.tokens,
    changes: services.changes,
    liveness: services.liveness,
    keyLiveness: services.keyLiveness,
    keyedHashes: services.keyedHashes,
    authSwitch: services.authSwitch,
    telemetry: services.telemetry,
    mail: services.mail,
    background: services.background,
    throttles: services.throttles,
    actor,
    request,
  };
}
