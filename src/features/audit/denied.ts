import type { Background } from '../../adapters/background.ts';
import { bytesOfTexts, createCache } from '../../adapters/cache.ts';
import type { AuditLog } from '../../core/audit.ts';
import type { Database } from '../../db/database.ts';
import { AppError } from '../../core/errors.ts';
import { appendAlone } from './append-store.ts';
import { auditEvent } from './event.ts';

const QUIET_MS = 60_000;
const BOUNDS = {
  entries: 10_000,
  bytes: 2 ** 22,
  bytesOf: (_at: number, key: string) => bytesOfTexts(key),
} as const;

/** Records refusals, and remembers in this process who was last refused what. */
export function recordingDenied(db: Database, background: Background): AuditLog['denied'] {
  const refusals = createCache<number>(BOUNDS);
  const isFirst = (key: string, now: number) => {
    if (now - (refusals.get(key) ?? -Infinity) < QUIET_MS) return false;
    refusals.set(key, now);
    return true;
  };
  return (ctx, operation, error) => {
    if (!(error instanceof AppError) || error.code !== 'FORBIDDEN') return;
    const { actor, clock } = ctx;
    if (actor.kind !== 'user' && actor.kind !== 'apiKey') return;
    const actorId = actor.kind === 'user' ? actor.user.id : actor.key.id;
    if (!isFirst(`${actorId} ${operation}`, clock.now().getTime())) return;
    const { required } = error.details;
    const event = auditEvent(ctx, {
      action: 'access.denied',
      outcome: 'denied',
      details: { operation, ...(required !== undefined && { permission: required }) },
    });
    background.run('a refusal was not written down', () => appendAlone(db, event));
  };
}
