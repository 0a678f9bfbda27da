import type { Actor } from '../../core/actor.ts';
import type { AuditActor, AuditContext, AuditEntry, AuditOutcome } from '../../core/audit.ts';
import { cleanText } from '../../core/text.ts';
import { AUDIT_ACTIONS, type AuditAction } from '../../core/audit-actions.ts';

/** An event before it has its place in the chain. */
export interface NewAuditEvent {
  readonly id: string;
  readonly at: Date;
  readonly actorKind: AuditActor['kind'];
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly action: AuditAction;
  readonly targetType: string | null;
  readonly targetId: string | null;
  readonly outcome: AuditOutcome;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  /** JSON. */
  readonly details: string;
}

const MAX_TEXT = 256;
const MAX_USER_AGENT = 512;
const MAX_ITEMS = 50;

/** An event of the request in `ctx`, to be given to `insertAuditEvent`. */
export function auditEvent<A extends AuditAction>(
  ctx: AuditContext,
  entry: AuditEntry<A>,
): NewAuditEvent {
  const actor = entry.actor ?? actorOf(ctx.actor);
  const callingSession = ctx.actor.kind === 'user' ? ctx.actor.session.id : undefined;
  return {
    id: ctx.random.uuid(),
    at: ctx.clock.now(),
    actorKind: actor.kind,
    actorId: stored(actor.id),
    actorName: stored(actor.name),
    action: entry.action,
    targetType: stored(entry.target?.type),
    targetId: stored(entry.target?.id),
    outcome: entry.outcome ?? 'success',
    ipAddress: stored(ctx.request.ipAddress),
    userAgent: stored(ctx.request.userAgent, MAX_USER_AGENT),
    requestId: stored(ctx.request.id),
    sessionId: stored(entry.sessionId ?? callingSession),
    details: detailsText(entry.action, entry.details ?? {}),
  };
}

/** A person as the actor of an event. */
export function auditUser(user: {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
}): AuditActor {
  return { kind: 'user', id: user.id, name: user.username ?? user.email ?? '' };
}

function actorOf(actor: Actor): AuditActor {
  switch (actor.kind) {
    case 'anonymous':
    case 'open':
      return { kind: actor.kind };
    case 'user':
      return auditUser(actor.user);
    case 'apiKey': {
      const owner = auditUser(actor.user).name ?? '';
      return { kind: 'apiKey', id: actor.key.id, name: `${owner} by ${actor.key.hint}` };
    }
    case 'system':
      return actor;
  }
}

function stored(text: string | undefined, max = MAX_TEXT): string | null {
  return text === undefined ? null : cleanText(text, max);
}

/** Types do not stop a spread object from carrying more than it should: a secret would stay for ever. */
function detailsText(action: AuditAction, details: object): string {
  const allowed: readonly string[] = AUDIT_ACTIONS[action].details;
  const kept = Object.entries(details).filter(([, value]) => value !== undefined);
  const strange = kept.find(([name]) => !allowed.includes(name));
  if (strange) throw new Error(`${action} may not carry the detail ${strange[0]}`);
  return JSON.stringify(Object.fromEntries(kept.map(([name, value]) => [name, detail(value)])));
}

function detail(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(detail);
  if (typeof value === 'string') return cleanText(value, MAX_TEXT);
  if (typeof value === 'number') return value;
  throw new Error(`a detail of an audit event cannot be a ${typeof value}`);
}
