import { z } from 'zod';
import { inSession, signedIn } from '../../core/actor.ts';
import { change } from '../../core/change.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import {
  type ListOrder,
  pageInput,
  textKey,
  timeKey,
  toPage,
  toPageRequest,
} from '../../core/page.ts';
import { auditUser } from '../audit/event.ts';
import { signUp } from '../auth/sign-up.ts';
import { mailName } from '../mail/words.ts';
import { releaseEmail } from '../email/release.ts';
import { verifyEmail } from '../email/store.ts';
import { passwordInput } from '../passwords/rules.ts';
import { endEarlierAccess } from '../recovery/end-access.ts';
import { lockCaller } from '../sessions/caller.ts';
import { requireAuthority, requireAuthorityToWithdraw } from '../tenants/authority.ts';
import { tenantRoleInput } from '../tenants/rules.ts';
import { findTenant, takeTenant } from '../tenants/store.ts';
import { invitationThrottle, newAccountThrottle, signInPlaces } from '../throttles/rules.ts';
import { newAccount } from '../users/new-account.ts';
import { displayNameInput, emailInput, usernameInput } from '../users/rules.ts';
import { invitationOf, takeInvitation } from './accept.ts';
import { invitationLink, newInvitation } from './rules.ts';
import {
  consumeInvitation,
  findInvitation,
  findInvitedRole,
  insertInvitation,
  insertMembership,
  type InvitationRow,
  isMemberAddress,
  listInvitations,
} from './store.ts';

const tenantIdInput = idInput.describe('The tenant.');

export const inviteTenantMember = operation({
  name: 'inviteTenantMember',
  description:
    'Invites whoever reads the mail of an address, with a role no higher than the own. The link in the mail is good once, for 72 hours, and while the caller may still invite; a newer invitation of the same address replaces it.',
  input: z.object({
    tenantId: tenantIdInput,
    email: emailInput.describe('Where the invitation goes.'),
    role: tenantRoleInput.describe('The role that they get.'),
  }),
  scopes: { tenant: 'members:invite', freshFor: 'a role above MEMBER' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND', 'ALREADY_MEMBER'],
  throttle: invitationThrottle,
  handle: async (ctx, { tenantId, email, role }) => {
    const { user } = signedIn(ctx.actor);
    const tenant = await findTenant(ctx.db, tenantId);
    if (!tenant) throw new AppError('TENANT_NOT_FOUND');
    const { token, row } = newInvitation(ctx, { tenantId, email, role, inviterId: user.id });
    const entry = {
      kind: 'tenantInvitation' as const,
      // Nothing of an account that the address may have: the inviter's mail is no way to learn of it.
      to: { email, name: '', username: null, emailVerifiedAt: null },
      data: {
        link: invitationLink(ctx.config.publicUrl, token),
        tenant: tenant.name,
        inviter: mailName(user.name) ?? user.username ?? '',
        role,
        expiresAt: row.expiresAt,
      },
    };
    return change(ctx, async ({ tx, audit, mail }) => {
      await takeTenant(ctx.db, tx, tenantId);
      await lockCaller(ctx, tx);
      const former = await findInvitedRole(tx, row);
      const asked = { tenantId, permission: 'members:invite', role, former } as const;
      await requireAuthority(ctx, tx, asked);
      if (await isMemberAddress(tx, row)) throw new AppError('ALREADY_MEMBER');
      const invitation = await insertInvitation(tx, row);
      await mail(entry);
      const target = { type: 'tenant', id: tenantId };
      audit({ action: 'tenant.member_invited', target, details: { role } });
      return { invitation };
    });
  },
});

const NEWEST_FIRST: ListOrder<InvitationRow, readonly [number, string]> = {
  name: 'tenant invitations',
  key: z.tuple([timeKey, textKey]),
  keyOf: ({ createdAt, id }) => [createdAt.getTime(), id],
};

export const tenantInvitations = operation({
  name: 'tenant.invitations',
  description: 'The invitations that are pending, the newest first.',
  input: pageInput.safeExtend({ tenantId: tenantIdInput }),
  scopes: { tenant: 'members:read' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND'],
  handle: async (ctx, { tenantId, ...page }) => {
    const request = toPageRequest(NEWEST_FIRST, page);
    const rows = await listInvitations(ctx.db, { tenantId, now: ctx.clock.now() }, request);
    return toPage(NEWEST_FIRST, request, rows);
  },
});

export const revokeTenantInvitation = operation({
  name: 'revokeTenantInvitation',
  description: 'Takes a pending invitation back: its link is good for nothing any more.',
  input: z.object({ tenantId: tenantIdInput, invitationId: idInput.describe('Which.') }),
  scopes: { tenant: 'members:invite' },
  target: ({ tenantId }) => tenantId,
  fails: ['TENANT_NOT_FOUND', 'INVITATION_INVALID'],
  handle: async (ctx, { tenantId, invitationId: id }) => {
    const now = ctx.clock.now();
    await change(ctx, async ({ tx, audit }) => {
      await takeTenant(ctx.db, tx, tenantId);
      const found = await findInvitation(tx, { id, tenantId, now });
      if (!found) throw new AppError('INVITATION_INVALID');
      const { role } = found;
      const asked = { tenantId, permission: 'members:invite', role } as const;
      await requireAuthorityToWithdraw(ctx, tx, asked);
      if (!(await consumeInvitation(tx, { id, now }))) throw new AppError('INVITATION_INVALID');
      const target = { type: 'tenant', id: tenantId };
      audit({ action: 'tenant.invitation_revoked', target, details: { role } });
    });
    return { invitationId: id };
  },
});

const tokenInput = z.string().max(256).describe('The token from the link in the mail.');

export const acceptTenantInvitation = operation({
  name: 'acceptTenantInvitation',
  description:
    "Joins the tenant that the caller was invited to. The token proves that they read that address's mail; where it is their own address, it is verified from now on, and what else gave access to the account ends.",
  input: z.object({ invitationToken: tokenInput }),
  scopes: { authenticated: true },
  fails: ['INVITATION_INVALID', 'ALREADY_MEMBER'],
  handle: async (ctx, { invitationToken }) => {
    const { session, user: caller } = inSession(ctx.actor);
    const userId = caller.id;
    const invitation = await invitationOf(ctx, invitationToken);
    const { tenantId, role, emailKey } = invitation;
    const now = ctx.clock.now();
    await change(ctx, async (writes) => {
      const { tx, audit, publish } = writes;
      const place = await takeInvitation(ctx, tx, invitation);
      await insertMembership(tx, { ...place, userId, createdAt: now });
      const user = await verifyEmail(tx, { userId, emailKey, now });
      const target = { type: 'user', id: userId };
      audit({ action: 'tenant.member_joined', target, details: { tenantId, role } });
      publish({ kind: 'user', userId });
      const proof = { keepSessionId: session.id, byOwner: true, endsSecondFactor: false };
      if (user) await endEarlierAccess(ctx, writes, { user, ...proof });
    });
    await ctx.throttles.trust(signInPlaces(ctx, caller));
    const tenant = await findTenant(ctx.db, tenantId);
    if (!tenant) throw new AppError('INVITATION_INVALID');
    return { tenant };
  },
});

export const registerByInvitation = operation({
  name: 'registerByInvitation',
  description:
    'Creates an account for whoever was invited, with the address that the invitation went to, in the tenant that it is for, and signs it in. Open whatever SELF_REGISTRATION says. Who has an account signs in and calls `acceptTenantInvitation`.',
  input: z.object({
    invitationToken: tokenInput,
    username: usernameInput.nullish(),
    password: passwordInput,
    name: displayNameInput.nullish(),
  }),
  scopes: { public: true },
  fails: ['INVITATION_INVALID', 'USERNAME_TAKEN', 'EMAIL_TAKEN', 'PASSWORD_REFUSED'],
  throttle: newAccountThrottle,
  handle: async (ctx, { invitationToken, ...input }) => {
    const invitation = await invitationOf(ctx, invitationToken);
    const { tenantId, role, email } = invitation;
    const placement = { by: 'invitation', emailVerified: true } as const;
    const account = await newAccount(ctx, { ...input, email }, placement);
    return signUp(ctx, account, {
      before: async (writes) => {
        const place = await takeInvitation(ctx, writes.tx, invitation);
        await releaseEmail(ctx, writes, email);
        return place;
      },
      after: ({ audit }, made) => {
        const about = { actor: auditUser(made), target: { type: 'user', id: made.id } };
        audit({ action: 'tenant.member_joined', ...about, details: { tenantId, role } });
      },
    }).catch((error: unknown) => {
      throw sayHowToJoin(error);
    });
  },
});

/** Who holds the token reads the mail of the address, and may know that it has an account. */
function sayHowToJoin(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'EMAIL_TAKEN') return error;
  return new AppError('EMAIL_TAKEN', {
    message: 'This e-mail address has an account already. Sign in and accept the invitation.',
  });
}
