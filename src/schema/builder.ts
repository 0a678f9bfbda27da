import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import type { ProjectPermission, TenantPermission } from '../access/policy.ts';
import type { Scopes } from '../access/scopes.ts';
import { findTenantStanding, projectStanding } from '../access/standing.ts';
import type { Context } from '../core/context.ts';
import { getDatamodel, type default as PrismaTypes } from '../db/generated/pothos.ts';
import { AppError } from '../core/errors.ts';
import { ONCE } from './once.ts';

/** The extension by which a type says whether whoever gets to it may read it; see `requireGuarded`. */
export const READERS = 'readers';
/** For types that carry nothing of their own: whoever may ask the field may read them. */
export const OPEN = { [READERS]: 'all' } as const;
/** For types that tell of someone: each field that leads to them says that it means to. */
export const GUARDED = { [READERS]: 'granted' } as const;

/** The extension by which a field of another type says that whoever may ask it may read what it answers. */
export const GRANTS = 'grants';
export const GRANT = { [GRANTS]: true } as const;

/** A question about one tenant. */
interface TenantScope {
  readonly id: string;
  readonly permission: TenantPermission;
}

/** A question about one project. */
interface ProjectScope {
  readonly id: string;
  readonly tenantId: string;
  readonly permission: ProjectPermission;
}

/** The extension of a root field whose operation says who may ask it. */
export const DECIDED = 'scopes';
const COUNTED = 'Attempts are counted (RATE_LIMITED).';
const COUNTED_ONCE = 'Attempts are counted (RATE_LIMITED); a request takes one.';

/**
 * What a root field takes from the operation that it offers. Who may ask it is decided in the operation's
 * `run` alone; the extensions are for the guard of the schema and for documents.
 */
export function offer(op: {
  readonly description: string;
  readonly scopes: Scopes;
  readonly isThrottled: boolean;
  readonly isOnce: boolean;
  readonly fails: readonly string[];
}) {
  const counted = op.isOnce ? COUNTED_ONCE : COUNTED;
  const description = op.isThrottled ? `${op.description} ${counted}` : op.description;
  return {
    description,
    extensions: { [DECIDED]: op.scopes, fails: op.fails, [ONCE]: op.isOnce },
  };
}

export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  DefaultFieldNullability: false;
  DefaultAuthStrategy: 'all';
  AuthScopes: {
    tenant: TenantScope;
    project: ProjectScope;
  };
  Scalars: {
    DateTime: { Input: Date; Output: Date };
    ID: { Input: string; Output: string };
  };
}>({
  // Relay stands before scope-auth so that scopes see parsed ids.
  plugins: [RelayPlugin, PrismaPlugin, ScopeAuthPlugin],
  defaultFieldNullability: false,
  prisma: {
    client: (ctx) => ctx.db.prisma,
    dmmf: getDatamodel(),
    exposeDescriptions: false,
  },
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodeFieldOptions: { description: 'The item.', extensions: GRANT },
    cursorFieldOptions: { description: 'Where the item stands; pass it as `after` or `before`.' },
    nodesOnConnection: {
      description: 'The items of the page without their cursors.',
      extensions: GRANT,
    },
    edgesFieldOptions: {
      description: 'The items of the page, each with its cursor.',
      extensions: GRANT,
    },
    pageInfoFieldOptions: { description: 'Where the page ends and whether there is more.' },
    hasNextPageFieldOptions: { description: 'Whether there are items after the page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are items before the page.' },
    startCursorFieldOptions: { description: 'The cursor of the first item.' },
    endCursorFieldOptions: { description: 'The cursor of the last item.' },
    firstArgOptions: { description: 'How many items after the cursor, at most 100.' },
    afterArgOptions: { description: 'Start after the item with this cursor.' },
    lastArgOptions: { description: 'How many items before the cursor, at most 100.' },
    beforeArgOptions: { description: 'End before the item with this cursor.' },
    pageInfoTypeOptions: { description: 'What a page says of itself.', extensions: OPEN },
    defaultConnectionTypeOptions: { description: 'A page of a list.', extensions: GUARDED },
    defaultEdgeTypeOptions: { description: 'An item with its cursor.', extensions: GUARDED },
  },
  scopeAuth: {
    defaultStrategy: 'all',
    authorizeOnSubscribe: true,
    // Only what an object tells: its tenant, its project. What a root field needs its operation says.
    authScopes: (ctx) => ({
      tenant: async ({ id, permission }) =>
        (await findTenantStanding(ctx, id))?.grants.has(permission) ?? false,
      project: async ({ permission, ...project }) =>
        (await projectStanding(ctx, project))?.grants.has(permission) ?? false,
    }),
    unauthorizedError: (_parent, ctx, { fieldName }) => {
      if (ctx.actor.kind === 'anonymous') return new AppError('UNAUTHENTICATED');
      const error = new AppError('FORBIDDEN');
      ctx.auditLog.denied(ctx, fieldName, error);
      return error;
    },
  },
});

builder.queryType({ description: 'What can be asked. Nothing here changes anything.' });
builder.subscriptionType({ description: 'What can be watched, over SSE or graphql-ws.' });
builder.mutationType({ description: 'What can be done. Each answers a union of its outcomes.' });

/** With an offset; zod does without seconds, the RFC does not. */
const RFC_3339 = z.iso.datetime({ offset: true }).regex(/T\d\d:\d\d:\d\d/);

builder.scalarType('DateTime', {
  description: 'A moment as RFC 3339 in UTC, like 2026-01-31T09:30:00.000Z.',
  serialize: (value) => value.toISOString(),
  parseValue: (value) => {
    const { data, success } = RFC_3339.safeParse(value);
    // Of GraphQL's own kind: any other is taken for a fault of this server.
    if (!success) throw new GraphQLError('DateTime must be a date and time (RFC 3339).');
    return new Date(data);
  },
});
