import { z } from 'zod';
import { operatorName, signedIn } from '../../core/actor.ts';
import { may } from '../../access/scopes.ts';
import type { Context } from '../../core/context.ts';
import { enumInput, idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import {
  type ListOrder,
  pageInput,
  textKey,
  timeKey,
  toPage,
  toPageRequest,
} from '../../core/page.ts';
import { AUDIT_ACTIONS, type AuditAction } from '../../core/audit-actions.ts';
import { AUDIT_OUTCOMES } from '../../core/audit.ts';
import { countEvents, findEvent, type ListedAuditEvent, listNewestEvents } from './list-store.ts';
import { pruneAuditEvents } from './prune.ts';

const MAX_ACTIONS = 20;

const ACTIONS = Object.keys(AUDIT_ACTIONS) as AuditAction[];

const NEWEST_FIRST: ListOrder<ListedAuditEvent, readonly [number, string]> = {
  name: 'audit events',
  key: z.tuple([timeKey, textKey]),
  keyOf: ({ at, id }) => [at.getTime(), id],
};

const moment = z.date().meta({ type: 'string', format: 'date-time' });

export const auditFilterInput = z.object({
  actions: z
    .array(enumInput('AuditAction', ACTIONS))
    .max(MAX_ACTIONS)
    .nullish()
    .describe(`What was done: one of these, at most ${MAX_ACTIONS}.`),
  outcome: enumInput('AuditOutcome', AUDIT_OUTCOMES).nullish().describe('How it ended.'),
  actorId: idInput.nullish().describe('Who did it: the id of a user, or of an API key.'),
  targetType: z
    .string()
    .max(32)
    .regex(/^[a-zA-Z]*$/)
    .nullish()
    .describe('To what kind of thing, such as `user`, `session` or `project`.'),
  targetId: idInput.nullish().describe('To what: its id.'),
  since: moment.nullish().describe('From this moment on.'),
  until: moment.nullish().describe('Before this moment.'),
});

const OWN =
  'Everybody sees what they and their API keys did and what was done to them; whoever has `audit:read` sees everything. An API key sees the audit only where it carries `audit:read`.';

export const auditEvents = operation({
  name: 'auditEvents',
  description: `What happened, the newest first. ${OWN}`,
  input: pageInput.safeExtend({ filter: auditFilterInput.nullish() }),
  scopes: { authenticated: true, apiKey: 'audit:read' },
  fails: [],
  handle: async (ctx, { filter, ...page }) => {
    const request = toPageRequest(NEWEST_FIRST, page);
    const ownOf = viewerOf(ctx);
    const events = await listNewestEvents(ctx.db, { filter: filter ?? {}, ownOf }, request);
    return toPage(NEWEST_FIRST, request, seenBy(ownOf, events));
  },
});

export const auditEventCount = operation({
  name: 'auditEvents.totalCount',
  description: 'How many events the filter leaves. Counts them all: ask only where it is shown.',
  input: z.object({ filter: auditFilterInput.nullish() }),
  scopes: { authenticated: true, apiKey: 'audit:read' },
  fails: [],
  handle: (ctx, { filter }) => countEvents(ctx.db, { filter: filter ?? {}, ownOf: viewerOf(ctx) }),
});

export const auditEvent = operation({
  name: 'auditEvent',
  description: `One event by its id. Null where there is none for the caller. ${OWN}`,
  input: z.object({ id: idInput.describe('Which event.') }),
  scopes: { authenticated: true, apiKey: 'audit:read' },
  fails: [],
  handle: async (ctx, { id }) => {
    const ownOf = viewerOf(ctx);
    const event = await findEvent(ctx.db, id, ownOf);
    return event ? seenBy(ownOf, [event])[0]! : null;
  },
});

export const pruneAudit = operation({
  name: 'pruneAudit',
  description: 'Removes the audit events that are older than a number of days.',
  input: z.object({
    days: z.int().min(1).describe('How many days an event is kept.'),
    onRemoved: z
      .custom<(removed: number) => void>((value) => typeof value === 'function')
      .optional()
      .describe('Called after each batch with how many went so far.'),
  }),
  scopes: { operator: true },
  fails: [],
  handle: (ctx, { days, onRemoved }) =>
    pruneAuditEvents(ctx, { by: operatorName(ctx.actor), days, ...(onRemoved && { onRemoved }) }),
});

/** Whose events the caller sees alone; undefined where it is everybody's. */
function viewerOf({ actor }: Context): string | undefined {
  return may(actor, 'audit:read') ? undefined : signedIn(actor).user.id;
}

/** From where another person did it is theirs to know; from where a stranger tried is not. */
function seenBy(
  ownOf: string | undefined,
  events: readonly ListedAuditEvent[],
): readonly ListedAuditEvent[] {
  if (ownOf === undefined) return events;
  return events.map((event) =>
    event.actorId === null || [event.actorId, event.actorOwnerId].includes(ownOf)
      ? event
      : { ...event, ipAddress: null, userAgent: null, requestId: null },
  );
}
