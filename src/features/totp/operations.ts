import { z } from 'zod';
import { callerId, inSession, signedIn } from '../../core/actor.ts';
import { qrCodePng } from '../../adapters/qr-code.ts';
import { newTotpSecret, provisioningUri } from '../../adapters/totp.ts';
import { change } from '../../core/change.ts';
import type { ThrottledContext } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { idInput } from '../../core/inputs.ts';
import { operation } from '../../core/operation.ts';
import { amrOf } from '../../core/sign-in-method.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { whenceOf } from '../mail/frame.ts';
import { lockCaller } from '../sessions/caller.ts';
import { completeLogin } from '../sign-in/operations.ts';
import { PASSWORD } from '../sign-in/password.ts';
import { TOTP, timeStepOf } from '../sign-in/totp.ts';
import { changeTotp } from './change.ts';
import { codeInput, issuerOf, newRecoveryCodes, secretPurpose } from './rules.ts';
import {
  confirmTotp as confirmIn,
  countRecoveryCodes,
  deleteTotp,
  findTotp,
  hasUser,
  markTotpEnabled,
  putPendingTotp,
  replaceRecoveryCodes,
  type TotpRow,
  updateAmr,
} from './store.ts';

export const enableTotp = operation({
  name: 'enableTotp',
  description:
    'Begins to set up an authenticator app as the second factor. It counts once `confirmTotp` has shown that the app has the secret; asked again before, it makes another one.',
  input: z.object({}),
  scopes: { authenticated: true, fresh: 'session' },
  fails: ['TOTP_ALREADY_ENABLED'],
  handle: async (ctx) => {
    const { user } = signedIn(ctx.actor);
    const secret = newTotpSecret(ctx.random);
    const isPending = await change(ctx, async ({ tx }) => {
      await lockCaller(ctx, tx);
      return putPendingTotp(tx, {
        userId: user.id,
        secret: ctx.secretBox.seal(secret, secretPurpose(user.id)),
        now: ctx.clock.now(),
      });
    });
    if (!isPending) throw new AppError('TOTP_ALREADY_ENABLED');
    const account = user.username ?? user.email ?? '';
    const issuer = issuerOf(ctx.config.publicUrl);
    const uri = provisioningUri({ issuer, account, secret });
    return { provisioningUri: uri, secret, qrCode: await qrCodePng(uri) };
  },
});

export const confirmTotp = operation({
  name: 'confirmTotp',
  description:
    'Turns the second factor on with a first code of the authenticator app, and answers the recovery codes, which are never shown again. The other sessions of the caller end.',
  input: z.object({ code: codeInput.describe('The six digits that the authenticator app shows.') }),
  scopes: { authenticated: true, fresh: 'session' },
  fails: ['TOTP_NOT_PENDING', 'WRONG_CODE'],
  throttle: (ctx) => TOTP.throttle(ctx, signedIn(ctx.actor).user.id),
  handle: async (ctx, { code }) => {
    const { user, session } = inSession(ctx.actor);
    const userId = user.id;
    const now = ctx.clock.now();
    const totp = await findTotp(ctx.db, userId);
    if (!totp || totp.confirmedAt !== null) throw new AppError('TOTP_NOT_PENDING');
    const step = await requireFirstStep(ctx, totp, code);
    const { codes, hashes } = newRecoveryCodes(ctx.random);

    const changed = await changeTotp(ctx, {
      userId,
      keepId: session.id,
      action: 'totp.enabled',
      mail: 'totpEnabled',
      change: async (tx) => {
        await lockCaller(ctx, tx);
        const enabled = await markTotpEnabled(tx, userId, now);
        const confirmed = await confirmIn(tx, { userId, secret: totp.secret, step }, now);
        if (!enabled || !confirmed) throw new AppError('TOTP_NOT_PENDING');
        await replaceRecoveryCodes(tx, { userId, hashes, now });
        // They have just shown it, in this very session.
        await updateAmr(tx, { sessionId: session.id, amr: amrOf([PASSWORD, TOTP]) });
        return enabled;
      },
    });
    await ctx.attempt.succeeded();
    return { ...changed, recoveryCodes: codes };
  },
});

/** @throws WRONG_CODE, which is audited */
async function requireFirstStep(
  ctx: ThrottledContext,
  totp: TotpRow,
  code: string,
): Promise<number> {
  const step = timeStepOf(ctx, totp, code);
  if (step !== undefined) return step;
  const details = { reason: 'WRONG_CODE' };
  await recordAuditEvent(ctx, { action: 'totp.confirm_failed', outcome: 'failure', details });
  throw new AppError('WRONG_CODE');
}

export const disableTotp = operation({
  name: 'disableTotp',
  description:
    'Turns the second factor off, for a caller who showed it of late (`reauthenticate`). Their other sessions end.',
  input: z.object({}),
  scopes: { authenticated: true, fresh: 'session' },
  fails: ['TOTP_NOT_ENABLED'],
  handle: (ctx) => {
    const { user, session } = inSession(ctx.actor);
    return changeTotp(ctx, {
      userId: user.id,
      keepId: session.id,
      action: 'totp.disabled',
      mail: 'totpDisabled',
      change: async (tx) => {
        await lockCaller(ctx, tx);
        const disabled = await deleteTotp(tx, user.id, ctx.clock.now());
        if (!disabled) throw new AppError('TOTP_NOT_ENABLED');
        return disabled;
      },
    });
  },
});

export const resetTotp = operation({
  name: 'resetTotp',
  description:
    'Takes the second factor of somebody who lost it away. All their sessions end, and they are told by mail. For oneself there is `disableTotp`.',
  input: z.object({ userId: idInput.describe('Whose second factor it is.') }),
  scopes: { permission: 'users:reset-totp', fresh: 'session' },
  fails: ['USER_NOT_FOUND', 'TOTP_NOT_ENABLED', 'OWN_ACCOUNT'],
  handle: async (ctx, { userId }) => {
    if (userId === callerId(ctx.actor)) throw new AppError('OWN_ACCOUNT');
    return changeTotp(ctx, {
      userId,
      action: 'totp.reset',
      mail: 'totpReset',
      change: async (tx) => {
        const reset = await deleteTotp(tx, userId, ctx.clock.now());
        if (reset) return reset;
        throw new AppError((await hasUser(tx, userId)) ? 'TOTP_NOT_ENABLED' : 'USER_NOT_FOUND');
      },
    });
  },
});

export const regenerateRecoveryCodes = operation({
  name: 'regenerateRecoveryCodes',
  description:
    'Replaces the recovery codes of the caller, used and unused ones, with ten new ones.',
  input: z.object({}),
  scopes: { authenticated: true, fresh: 'session' },
  fails: ['TOTP_NOT_ENABLED'],
  handle: async (ctx) => {
    const { user } = signedIn(ctx.actor);
    const now = ctx.clock.now();
    const { codes, hashes } = newRecoveryCodes(ctx.random);
    await change(ctx, async ({ tx, audit, mail }) => {
      await lockCaller(ctx, tx);
      const isOn = await replaceRecoveryCodes(tx, { userId: user.id, hashes, now });
      if (!isOn) throw new AppError('TOTP_NOT_ENABLED');
      await mail({ kind: 'recoveryCodesRegenerated', to: user, data: whenceOf(ctx) });
      const target = { type: 'user', id: user.id };
      audit({ action: 'totp.recovery_codes_regenerated', target });
    });
    return { recoveryCodes: codes };
  },
});

export const recoveryCodesLeft = operation({
  name: 'User.recoveryCodesLeft',
  description: 'How many recovery codes the caller has not used yet; null for anybody else.',
  input: z.object({ userId: idInput }),
  // Whoever has just signed in may ask it of themselves in the same request: then it is null.
  scopes: { public: true },
  fails: [],
  handle: ({ actor, db }, { userId }) => {
    const isOwn = actor.kind === 'user' && actor.user.id === userId;
    return isOwn ? countRecoveryCodes(db.prisma, userId) : null;
  },
});

export const verifyTotp = operation({
  name: 'verifyTotp',
  description:
    'With a challenge `completeLogin`, without one `confirmTotp`: clients that have one address for both.',
  input: z.object({ challengeToken: z.string().max(128).nullish(), code: codeInput }),
  scopes: { public: true },
  fails: ['CHALLENGE_INVALID', 'WRONG_CODE', 'ACCOUNT_DISABLED', 'TOTP_NOT_PENDING'],
  handle: async (ctx, { challengeToken, code }) =>
    challengeToken == null
      ? await confirmTotp.run(ctx, { code })
      : await completeLogin.run(ctx, { challengeToken, code }),
});
