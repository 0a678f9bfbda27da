import { z } from 'zod';
import type { Context } from '../../core/context.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { orNull } from '../../core/or-null.ts';
import { apiKey } from '../api-keys/operations.ts';
import { auditEvent } from '../audit/operations.ts';
import { project } from '../projects/operations.ts';
import { tenant } from '../tenants/operations.ts';
import { user } from '../users/operations.ts';
import { listNodeKinds, type NodeKind } from './store.ts';

const MAX_IDS = 100;

/** How each kind is asked for by itself: whoever may not do that gets nothing here either. */
const BY_ID = {
  User: user,
  Tenant: tenant,
  Project: project,
  ApiKey: apiKey,
  AuditEvent: auditEvent,
} as const satisfies Record<
  NodeKind,
  { readonly run: (ctx: Context, input: { id: string }) => Promise<{ id: string } | null> }
>;

/** A thing with its kind. */
export interface Found {
  readonly id: string;
  readonly kind: NodeKind;
}

export const node = operation({
  name: 'node',
  description:
    'Anything by its id, under the rules of `user`, `tenant`, `project`, `apiKeys` and `auditEvents`. Null where there is no such thing for the caller.',
  input: z.object({ id: idInput.describe('Its id.') }),
  scopes: { authenticated: true, apiKey: 'any' },
  fails: [],
  handle: async (ctx, { id }) => find(ctx, id, await listNodeKinds(ctx.db, [id])),
});

export const nodes = operation({
  name: 'nodes',
  description: `The same for up to ${MAX_IDS} ids, in their order.`,
  input: z.object({ ids: z.array(idInput).max(MAX_IDS).describe('Their ids.') }),
  scopes: { authenticated: true, apiKey: 'any' },
  fails: [],
  handle: async (ctx, { ids }) => {
    const kinds = await listNodeKinds(ctx.db, ids);
    // Each stands for itself: one that is refused takes no other along.
    return ids.map((id) => find(ctx, id, kinds));
  },
});

async function find(
  ctx: Context,
  id: string,
  kinds: ReadonlyMap<string, NodeKind>,
): Promise<Found | null> {
  const kind = kinds.get(id);
  if (kind === undefined) return null;
  const found = await orNull<{ id: string } | null>(BY_ID[kind].run(ctx, { id }));
  return found && { ...found, kind };
}
