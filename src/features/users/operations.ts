import { z } from 'zod';
import { callerId, signedIn } from '../../core/actor.ts';
import { carries } from '../../access/api-keys.ts';
import { SYSTEM_ROLES, TENANT_ROLES } from '../../core/roles.ts';
import { change } from '../../core/change.ts';
import { AppError } from '../../core/errors.ts';
import { enumInput, idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { pageInput, toPage, toPageRequest } from '../../core/page.ts';
import { accountEntry } from './account-events.ts';
import { passwordInput } from '../passwords/rules.ts';
import { managedAccountThrottle, renameThrottle } from '../throttles/rules.ts';
import { countUsers, listUsers, sliceUsers } from './list-store.ts';
import { changeAccount, createAccount, removeAccount } from './change.ts';
import { findVisibleUser, updateName } from './account-store.ts';
import { ORDER_DIRECTIONS, USER_ORDER_FIELDS, userOrder } from './order.ts';
import { displayNameInput, emailInput, usernameInput } from './rules.ts';
import { findUser, findUserByLogin, SHOWN } from './store.ts';
import { account, getAccount, namesAccount, ONE_ACCOUNT } from './account-input.ts';

const MAX_SKIP = 1_000_000_000;

const systemRoleInput = enumInput('SystemRole', SYSTEM_ROLES);

export const me = operation({
  name: 'me',
  description: 'The person who is signed in, or whose API key it is.',
  input: z.object({}),
  scopes: { authenticated: true, apiKey: 'any' },
  beforePasswordChange: true,
  fails: [],
  handle: (ctx) => signedIn(ctx.actor).user,
});

export const user = operation({
  name: 'user',
  description:
    'One account: the own one, one of a tenant in which the caller may read users, or any to a system administrator. Null where there is none for the caller.',
  input: z.object({ id: idInput.describe('Whose account.') }),
  scopes: { authenticated: true, apiKey: 'any' },
  fails: [],
  handle: async (ctx, { id }) => {
    const viewerId = callerId(ctx.actor);
    if (id !== viewerId && !carries(ctx.actor, 'users:read')) return null;
    const found =
      viewerId === undefined
        ? await findUser(ctx.db, id)
        : await findVisibleUser(ctx.db.prisma, { id, viewerId });
    return found ?? null;
  },
});

export const userByName = operation({
  name: 'user.byName',
  description:
    'One account by its id, username or e-mail address, the id first: an account of an earlier release may have the id of another one for its username.',
  input: z.object({ login: z.string().max(254).describe('The id, username or e-mail address.') }),
  scopes: { permission: 'users:read' },
  fails: ['USER_NOT_FOUND'],
  handle: async ({ db }, { login }) => {
    const found = (await findUser(db, login)) ?? (await findUserByLogin(db, login));
    if (!found) throw new AppError('USER_NOT_FOUND');
    return found;
  },
});

export const userFilterInput = z.object({
  search: z
    .string()
    .trim()
    .max(100)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters')
    .nullish()
    .describe(
      'Part of the username, the e-mail address or the name, in any case. Reads every account in the worst case: seconds among a million.',
    ),
  systemRole: systemRoleInput.nullish().describe('Of this system role.'),
  disabled: z.boolean().nullish().describe('Whether they are disabled.'),
  verified: z.boolean().nullish().describe('Whether the e-mail address is proven.'),
  tenantId: idInput.nullish().describe('Members of this tenant.'),
});

export const userOrderInput = z.object({
  field: enumInput('UserOrderField', USER_ORDER_FIELDS).describe('What to sort by.'),
  direction: enumInput('OrderDirection', ORDER_DIRECTIONS)
    .default('ASC')
    .describe('Which way; ASC unless told.'),
});

export const users = operation({
  name: 'users',
  description:
    'Accounts, by name unless told. Of one tenant (`filter.tenantId`) to whoever may read its users; all of them to system administrators.',
  input: pageInput.safeExtend({
    filter: userFilterInput.nullish(),
    orderBy: userOrderInput.nullish(),
    columns: z
      .array(z.enum(SHOWN))
      .optional()
      .describe('All that the door reads of each of them; everything unless told.'),
  }),
  scopes: { tenant: 'users:read' },
  target: ({ filter }) => filter?.tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: async (ctx, { filter, orderBy, columns, ...page }) => {
    const by = orderBy ?? { field: 'USERNAME', direction: 'ASC' };
    const order = userOrder(by);
    const request = toPageRequest(order, page);
    const list = { filter: filter ?? {}, order: by, page: request, columns };
    return toPage(order, request, await listUsers(ctx.db, list));
  },
});

export const userCount = operation({
  name: 'users.totalCount',
  description: 'How many accounts the filter leaves. Counts them all: ask only where it is shown.',
  input: z.object({ filter: userFilterInput.nullish() }),
  scopes: { tenant: 'users:read' },
  target: ({ filter }) => filter?.tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: (ctx, { filter }) => countUsers(ctx.db, filter ?? {}),
});

export const userSlice = operation({
  name: 'users.slice',
  description:
    'Accounts by name for clients that count instead of keeping a cursor: so many from a place on, or all of them.',
  input: z.object({
    skip: z.int().min(0).max(MAX_SKIP).default(0).describe('How many to pass over.'),
    limit: z.int().min(1).max(1000).nullish().describe('How many at most; all unless told.'),
  }),
  scopes: { permission: 'users:read' },
  fails: [],
  handle: async (ctx, { skip, limit }) => ({
    users: await sliceUsers(ctx.db, { skip, limit: limit ?? undefined }),
    total: await countUsers(ctx.db, {}),
  }),
});

/** What of making an account asks for a recent sign-in. */
export const ABOVE_LOWEST = 'a role above USER or MEMBER';

export const createUser = operation({
  name: 'createUser',
  description:
    "Makes an account for somebody. It joins the tenant that is named; a system administrator's own where none is.",
  input: z
    .object({
      username: usernameInput.nullish(),
      email: emailInput.nullish(),
      password: passwordInput.describe('What they sign in with at first.'),
      name: displayNameInput.nullish(),
      systemRole: systemRoleInput
        .nullish()
        .describe('Given by system administrators alone; USER unless told.'),
      tenantId: idInput.nullish().describe('The tenant that they join.'),
      tenantRole: enumInput('TenantRole', TENANT_ROLES)
        .nullish()
        .describe("Their role in it, not above the caller's own; MEMBER unless told."),
      createDefaultProject: z
        .boolean()
        .nullish()
        .describe('Whether they get a project of their own in it; true unless told.'),
    })
    .refine((input) => input.username != null || input.email != null, {
      message: 'a username or an e-mail address is needed',
      path: ['username'],
    }),
  scopes: { tenant: 'users:create', freshFor: ABOVE_LOWEST },
  target: ({ tenantId }) => tenantId,
  fails: ['USERNAME_TAKEN', 'EMAIL_TAKEN', 'PASSWORD_REFUSED', 'TENANT_NOT_FOUND'],
  throttle: managedAccountThrottle,
  repeatable: true,
  handle: async (ctx, input) => ({ user: await createAccount(ctx, input) }),
});

const ALL_OF_THEIRS =
  'System administrators reach everybody. A role in a tenant reaches accounts that are in no other tenant, stand in none above the caller, and are no system administrators.';

export const updateUser = operation({
  name: 'updateUser',
  description: `Changes the account of somebody; what is left out stays as it is. Disabling ends every session. ${ALL_OF_THEIRS}`,
  input: z
    .object({
      ...account,
      username: usernameInput.nullish().describe('The name to sign in with from now on.'),
      name: displayNameInput.nullish(),
      systemRole: systemRoleInput
        .nullish()
        .describe('Given and taken by system administrators alone; never their own.'),
      disabled: z.boolean().nullish().describe('Whether they are kept out; never oneself.'),
    })
    .refine(namesAccount, ONE_ACCOUNT),
  scopes: { anywhere: 'users:update', freshFor: 'anything but the display name' },
  fails: ['USER_NOT_FOUND', 'USERNAME_TAKEN', 'OWN_ACCOUNT', 'LAST_ADMIN'],
  throttle: renameThrottle,
  repeatable: true,
  handle: async (ctx, { id, login, ...change }) => {
    const wanted = {
      ...(change.username != null && { username: change.username }),
      ...(change.name != null && { name: change.name }),
      ...(change.systemRole != null && { systemRole: change.systemRole }),
      ...(change.disabled != null && { disabled: change.disabled }),
    };
    return { user: await changeAccount(ctx, (await getAccount(ctx, { id, login })).id, wanted) };
  },
});

export const deleteUser = operation({
  name: 'deleteUser',
  description: `Deletes the account of somebody, for good: its sessions end, the projects it owns pass to the owner of their tenant, and a tenant with nobody else in it goes too. An API key deletes no account that leaves projects or a tenant to others. ${ALL_OF_THEIRS}`,
  input: z.object(account).refine(namesAccount, ONE_ACCOUNT),
  scopes: { anywhere: 'users:delete', fresh: 'unlessKey' },
  fails: ['USER_NOT_FOUND', 'OWN_ACCOUNT', 'LAST_ADMIN'],
  handle: async (ctx, input) => {
    const { id: userId } = await getAccount(ctx, input);
    await removeAccount(ctx, userId);
    return { userId };
  },
});

export const updateProfile = operation({
  name: 'updateProfile',
  description: "Changes what people see of the caller's own account.",
  input: z.object({ name: displayNameInput }),
  scopes: { authenticated: true, apiKey: 'unscoped' },
  fails: [],
  handle: async (ctx, { name }) => {
    const { id } = signedIn(ctx.actor).user;
    return change(ctx, async ({ tx, audit, publish }) => {
      const user = await updateName(tx, { id, name, now: ctx.clock.now() });
      if (!user) throw new AppError('UNAUTHENTICATED');
      audit(accountEntry('user.updated', id, { fields: ['name'] }));
      publish({ kind: 'user', userId: id });
      return { user };
    });
  },
});
