import { z } from 'zod';
import { systemRoleOf } from '../../core/actor.ts';
import { type Given, type GiverContext, giveRole } from '../../access/giving.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { managedAccountThrottle } from '../throttles/rules.ts';
import { hasUsers } from '../users/store.ts';
import { OPEN_PASS } from '../setup/token.ts';
import { importBatch, type ImportLine, type ImportRun, type LineOutcome } from './batch.ts';
import { hasTenant } from './store.ts';

const MAX_USERS = 1000;
const text = (description: string) => z.string().nullish().describe(description);
const flag = (description: string) => z.boolean().nullish().describe(description);

// Each is judged by itself when its turn comes: a fault in one is no fault of the call.
const importedUser = z
  .object({
    username: text('The name to sign in with.'),
    email: text('The e-mail address; one of the two is needed.'),
    name: text('The name that people see.'),
    passwordHash: text('As the other system keeps it; absent where they have to choose one.'),
    emailVerified: flag('Whether the address was proven to be theirs.'),
    disabled: flag('Whether they may not sign in.'),
  })
  .meta({ inputName: 'ImportedUserInput', description: 'A user of another system.' });

/** The role of whoever is imported into a tenant. */
function importedRole(ctx: GiverContext): Given<'MEMBER'> {
  const gift = { axis: 'tenant', role: 'MEMBER', permission: 'users:import' } as const;
  return giveRole(ctx, gift, { system: systemRoleOf(ctx.actor) });
}

export const importUsers = operation({
  name: 'importUsers',
  description:
    'Takes over users of another system with the password hashes that it made, and says what became of each. Whoever is there already is left as they are, so the same call again does no harm. ADMIN_USERNAME, and what reads like it, is refused to API keys.',
  input: z.object({
    users: z
      .array(importedUser)
      .min(1, 'must not be empty')
      .max(MAX_USERS, `must have at most ${MAX_USERS} users`)
      .describe(`Up to ${MAX_USERS} of them.`),
    tenantId: idInput
      .nullish()
      .describe('The tenant that they join as members; without it each gets one of their own.'),
    dryRun: z.boolean().default(false).describe('Whether to say what would become of each only.'),
  }),
  scopes: { permission: 'users:import', fresh: 'unlessKey' },
  fails: ['SETUP_REQUIRED', 'TENANT_NOT_FOUND'],
  throttle: managedAccountThrottle,
  repeatable: true,
  handle: async (ctx, { users, tenantId, dryRun }) => {
    // The first user of all has to be an administrator, who is set up.
    if (!(await hasUsers(ctx.db.prisma))) throw new AppError('SETUP_REQUIRED');
    const run = await beginRun(ctx, { tenantId, dryRun });
    const lines = users.map((value, index) => ({ line: index + 1, value }));
    return { lines: await importBatch(ctx, run, lines) };
  },
});

type Batches = AsyncIterable<readonly ImportLine[]>;

export const importFile = operation({
  name: 'importUsers.file',
  description:
    'The same for a file of any length, a batch of lines in a transaction each. It may come before setup. Says what became of each batch as it is done.',
  input: z.object({
    batches: z
      .custom<Batches>((value) => typeof value === 'object' && value !== null)
      .describe('The lines of the file, some at once.'),
    tenantId: importUsers.input.shape.tenantId,
    dryRun: importUsers.input.shape.dryRun,
  }),
  scopes: { operator: true },
  fails: ['TENANT_NOT_FOUND'],
  handle: async (ctx, { batches, ...asked }) => {
    const run = await beginRun(ctx, asked);
    const whole = { ...run, setupPass: OPEN_PASS, since: ctx.clock.now() };
    return { batches: importBatches(ctx, whole, batches) };
  },
});

async function* importBatches(
  ctx: Context,
  run: ImportRun,
  batches: Batches,
): AsyncGenerator<readonly LineOutcome[]> {
  for await (const lines of batches) yield await importBatch(ctx, run, lines);
}

/** @throws TENANT_NOT_FOUND */
async function beginRun(
  ctx: Context,
  { tenantId, dryRun }: { readonly tenantId?: string | null | undefined; readonly dryRun: boolean },
): Promise<ImportRun> {
  if (tenantId != null && !(await hasTenant(ctx.db, tenantId))) {
    throw new AppError('TENANT_NOT_FOUND');
  }
  return {
    joins: tenantId == null ? undefined : { tenantId, role: importedRole(ctx) },
    dryRun,
    setupPass: undefined,
    since: undefined,
    seen: new Map<string, number>(),
  };
}
