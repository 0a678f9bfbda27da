import type { Background } from '../../adapters/background.ts';
import { bytesOfTexts, type Cache, createCache } from '../../adapters/cache.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { appendAlone } from './direct-store.ts';
import { auditEvent } from './event.ts';

const QUIET_MS = 60_000;
const BOUNDS = {
  entries: 10_000,
  bytes: 2 ** 22,
  bytesOf: (_at: number, key: string) => bytesOfTexts(key),
} as const;

/** When somebody was last refused something, in each process by itself. */
const refusals = new WeakMap<Background, Cache<number>>();

/**
 * Writes down that somebody we know was refused for want of a right; once a minute for each of them and
 * each operation, so that nobody fills the table by asking. Nobody waits for it.
 * @param error what they were refused with; anything but FORBIDDEN is passed over
 * @param permission the right that was missing, where the error does not say
 */
export function noteDenied(
  ctx: Context,
  operation: string,
  error: unknown,
  permission?: string,
): void {
  if (!(error instanceof AppError) || error.code !== 'FORBIDDEN') return;
  const { actor, background, clock } = ctx;
  if (actor.kind !== 'user' && actor.kind !== 'apiKey') return;
  const actorId = actor.kind === 'user' ? actor.user.id : actor.key.id;
  if (!isFirst(background, `${actorId} ${operation}`, clock.now().getTime())) return;
  const required = permission ?? error.details.required;
  const event = auditEvent(ctx, {
    action: 'access.denied',
    outcome: 'denied',
    details: { operation, ...(required !== undefined && { permission: required }) },
  });
  background.run('a refusal was not written down', () => appendAlone(ctx.db, event));
}

function isFirst(background: Background, key: string, now: number): boolean {
  const known = refusals.get(background) ?? createCache<number>(BOUNDS);
  refusals.set(background, known);
  if (now - (known.get(key) ?? -Infinity) < QUIET_MS) return false;
  known.set(key, now);
  return true;
}
