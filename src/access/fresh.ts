import { addSeconds } from '../adapters/clock.ts';
import type { Context } from '../core/context.ts';
import { AppError } from '../core/errors.ts';
import { signedIn } from '../core/actor.ts';
import { amrValuesOf, factorsAskedOf, showsFactors } from '../core/sign-in-method.ts';

/**
 * What somebody has to have done of late before they change how they sign in (ASVS 7.5.1).
 * `session`: signed in, with the second factor where they have one.
 * `password`: the same with the password that the call itself carries; so nothing but the second factor.
 * `unlessKey`: as `session`; an API key that carries the permission is let in all the same. For what takes
 * something away or makes accounts without rights, which somebody signed in recently made the key for.
 */
export type Freshness = 'session' | 'password' | 'unlessKey';

type FreshContext = Pick<Context, 'actor' | 'clock' | 'config' | 'signInMethods'>;

/** Whether the caller signed in within FRESH_SECONDS, with all that a sign-in asks of them. */
export function isFresh(ctx: FreshContext, freshness: Freshness): boolean {
  const { actor, clock, config, signInMethods } = ctx;
  // Nobody is asked to sign in, so nobody could do it again.
  if (actor.kind === 'open' || actor.kind === 'system') return true;
  if (actor.kind !== 'user') return actor.kind === 'apiKey' && freshness === 'unlessKey';
  const { user, session } = actor;
  const asked = factorsAskedOf(signInMethods, user, freshness === 'password');
  if (asked.length === 0) return true;
  const { authenticatedAt, amr } = session;
  const isRecent = addSeconds(authenticatedAt, config.freshSeconds) > clock.now();
  return isRecent && showsFactors(signInMethods, amr, asked);
}

/** @throws REAUTHENTICATION_REQUIRED; FORBIDDEN for an API key */
export function requireFresh(ctx: FreshContext, freshness: Freshness): void {
  if (!isFresh(ctx, freshness)) throw reauthenticationRequired(ctx);
}

/**
 * What a caller is told who is not fresh: how recent it has to be, and what they have to show. An API
 * key can show nothing.
 */
export function reauthenticationRequired(ctx: FreshContext): AppError {
  const caller = signedIn(ctx.actor);
  if (caller.kind === 'apiKey') return new AppError('FORBIDDEN');
  return new AppError('REAUTHENTICATION_REQUIRED', {
    maxAgeSeconds: ctx.config.freshSeconds,
    methods: amrValuesOf(ctx.signInMethods, caller.user),
  });
}
