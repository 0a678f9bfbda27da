import type { Actor } from './actor.ts';
import { createMembershipMemory, type MembershipMemory } from './memberships.ts';
import type { RequestInfo } from './request.ts';
import type { Attempt } from './throttle.ts';
import { forRequest } from '../db/client.ts';
import type { Services } from './services.ts';

/** What an operation is given: the services, who calls, and from where. */
export interface Context extends Services {
  readonly actor: Actor;
  readonly request: RequestInfo;
  /** The caller's roles in tenants and projects, once they have been read. */
  readonly memberships: MembershipMemory;
  /** Tokens by the username, for the doors of this server alone. @default tokens that others verify */
  readonly tokenKind?: 'named' | undefined;
}

/** The same for an operation whose attempt is counted: only there may a credential be checked. */
export interface ThrottledContext extends Context {
  readonly attempt: Attempt;
}

/** The same for work that goes on after the answer: the end of the request does not stop it. */
export function beyondRequest(ctx: Context): Context {
  const { id, ipAddress, userAgent } = ctx.request;
  return { ...ctx, db: forRequest(ctx.db, undefined), request: { id, ipAddress, userAgent } };
}

/**
 * What a request's operations are given; what they write hangs on its signal. There is none for a request
 * that is refused.
 */
export function contextOf(services: Services, actor: Actor, request: RequestInfo): Context {
  if (request.refusal) throw request.refusal;
  // Written out: a spread of so many members costs each request several microseconds.
  return {
    config: services.config,
    clock: services.clock,
    random: services.random,
    log: services.log,
    db: forRequest(services.db, request.signal, 'user' in actor ? actor.user.id : undefined),
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
    auditLog: services.auditLog,
    outbox: services.outbox,
    mail: services.mail,
    background: services.background,
    throttles: services.throttles,
    signInMethods: services.signInMethods,
    actor,
    request,
    memberships: createMembershipMemory(),
  };
}
