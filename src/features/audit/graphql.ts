import { builder, GUARDED, offer, OPEN } from '../../schema/builder.ts';
import { toConnection } from '../../schema/connection.ts';
import { inputType } from '../../schema/input.ts';
import { Node } from '../../schema/node.ts';
import { AUDIT_ACTIONS, type AuditAction } from '../../core/audit-actions.ts';
import { AUDIT_OUTCOMES } from '../../core/audit.ts';
import type { ListedAuditEvent } from './list-store.ts';
import { auditEventCount, auditEvents, auditFilterInput } from './operations.ts';

const enumName = (name: string) => name.replace(/[.]|(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

const AuditActionType = builder.enumType('AuditAction', {
  description: 'What was done.',
  values: Object.fromEntries(
    Object.entries(AUDIT_ACTIONS).map(([value, { description }]) => [
      enumName(value),
      { value: value as AuditAction, description },
    ]),
  ),
});

const OUTCOMES = {
  success: 'It was done.',
  failure: 'It did not work out: a wrong password, a code that is over.',
  denied: 'Whoever asked may not.',
} as const satisfies Record<(typeof AUDIT_OUTCOMES)[number], string>;

const AuditOutcome = builder.enumType('AuditOutcome', {
  description: 'How something ended.',
  values: Object.fromEntries(
    AUDIT_OUTCOMES.map((value) => [enumName(value), { value, description: OUTCOMES[value] }]),
  ),
});

const AuditActor = builder.objectRef<ListedAuditEvent>('AuditActor').implement({
  description: 'Who did something.',
  extensions: OPEN,
  fields: (t) => ({
    kind: t.exposeString('actorKind', {
      description:
        '`user`, `apiKey`, `anonymous`, `system` (a command or a timer), or `open`: anybody, while authentication was off.',
    }),
    id: t.exposeID('actorId', {
      nullable: true,
      description: 'The id of the user or the API key. Absent where it was nobody we know.',
    }),
    name: t.exposeString('actorName', {
      nullable: true,
      description: 'Their name at the time.',
    }),
    username: t.exposeString('actorUsername', {
      nullable: true,
      description: 'The username they have today, where they are a user who is still there.',
    }),
  }),
});

interface Target {
  readonly type: string;
  readonly id: string;
}

const AuditTarget = builder.objectRef<Target>('AuditTarget').implement({
  description: 'To what something was done. It may be gone.',
  extensions: OPEN,
  fields: (t) => ({
    type: t.exposeString('type', { description: 'Such as `user`, `session` or `project`.' }),
    id: t.exposeID('id', { description: 'Its id.' }),
  }),
});

interface Detail {
  readonly name: string;
  readonly values: readonly string[];
}

const AuditDetail = builder.objectRef<Detail>('AuditDetail').implement({
  description: 'What else is known of an event.',
  extensions: OPEN,
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is.' }),
    values: t.exposeStringList('values', { description: 'One value, or several of `fields`.' }),
  }),
});

const AuditEvent = builder.objectRef<ListedAuditEvent>('AuditEvent').implement({
  description: 'Something that happened.',
  interfaces: [Node],
  extensions: GUARDED,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Never changes, never reused.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    action: t.field({
      type: AuditActionType,
      description: 'What was done.',
      resolve: ({ action }) => action as AuditAction,
    }),
    outcome: t.field({
      type: AuditOutcome,
      description: 'How it ended.',
      resolve: ({ outcome }) => outcome as (typeof AUDIT_OUTCOMES)[number],
    }),
    actor: t.field({
      type: AuditActor,
      description: 'Who did it.',
      resolve: (event) => event,
    }),
    target: t.field({
      type: AuditTarget,
      nullable: true,
      description: 'To what it was done, where it was to something.',
      resolve: ({ targetType: type, targetId: id }) =>
        type === null || id === null ? null : { type, id },
    }),
    ipAddress: t.exposeString('ipAddress', {
      nullable: true,
      description:
        'From which address. Absent where it was another person, and not for the caller.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'With what program, as that says itself. Absent as the address is.',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'The request, as the log names it. Absent as the address is.',
    }),
    details: t.field({
      type: [AuditDetail],
      description: 'What else is known of it; never a secret.',
      resolve: ({ details }) => toDetails(details),
    }),
  }),
});

/** Reads what `detailsText` wrote. */
function toDetails(text: string): Detail[] {
  return Object.entries(JSON.parse(text) as object).map(([name, value]: [string, unknown]) => ({
    name,
    values: [value].flat().map(String),
  }));
}

const AuditFilter = inputType(
  'AuditEventFilter',
  auditFilterInput,
  'Narrows a list of events: each condition that is given has to hold.',
);

builder.queryField('auditEvents', (t) =>
  t.connection(
    {
      type: AuditEvent,
      ...offer(auditEvents),
      args: {
        filter: t.arg({ type: AuditFilter, description: 'Which events; all of them unless told.' }),
      },
      resolve: async (_root, args, ctx) => ({
        ...toConnection(await auditEvents.run(ctx, args)),
        filter: args.filter,
      }),
    },
    {
      fields: (t) => ({
        totalCount: t.int({
          description: auditEventCount.description,
          resolve: ({ filter }, _args, ctx) => auditEventCount.run(ctx, { filter }),
        }),
      }),
    },
  ),
);
