import { inSession } from '../../core/actor.ts';
import { type Change, change } from '../../core/change.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import type { AuditAction } from '../../core/audit-actions.ts';
import { whenceOf } from '../mail/frame.ts';
import { replaceOneTimeToken } from '../one-time-tokens/store.ts';
import { ONE_TIME_PURPOSES } from '../one-time-tokens/tokens.ts';
import { lockCaller } from '../sessions/caller.ts';
import { foldName } from '../users/rules.ts';
import type { UserRow } from '../users/store.ts';
import { type CodePurpose, type NewCode, newCode } from './code.ts';
import { findEmailOwner } from './store.ts';

/** A code is on its way to an address. */
export interface CodeSent {
  /** Goes into `verifyEmailOtp` with the code. */
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly email: string;
}

interface Sending {
  readonly purpose: CodePurpose;
  readonly action: Extract<AuditAction, 'email.code_requested' | 'email.change_requested'>;
  /** Where it goes, by the user as they are at this moment; throws where there is nothing to send. */
  readonly addressOf: (user: UserRow) => string;
  readonly send: (writes: Change, user: UserRow, code: NewCode) => Promise<unknown>;
}

/**
 * Mails a user a code with which they prove that their address is theirs; the one before it is void.
 * @throws EMAIL_MISSING, EMAIL_ALREADY_VERIFIED
 */
export function sendCode(ctx: Context): Promise<CodeSent> {
  return send(ctx, {
    purpose: 'email-code',
    action: 'email.code_requested',
    addressOf: ({ email, emailVerifiedAt }) => {
      if (email === null) throw new AppError('EMAIL_MISSING');
      if (emailVerifiedAt !== null) throw new AppError('EMAIL_ALREADY_VERIFIED');
      return email;
    },
    send: ({ mail }, user, code) =>
      mail({ kind: 'emailCode', to: user, data: mailData(ctx, code) }),
  });
}

/**
 * Mails a code to an address that a user wants to have. Where another user has proven that address, that
 * user is told instead and gets no code: the caller sees no difference.
 */
export function sendChangeCode(ctx: Context, email: string): Promise<CodeSent> {
  return send(ctx, {
    purpose: 'email-change',
    action: 'email.change_requested',
    addressOf: () => email,
    send: async ({ tx, mail }, user, code) => {
      const owner = await findEmailOwner(tx, foldName(email));
      const data = mailData(ctx, code);
      if (owner && owner.id !== user.id && owner.emailVerifiedAt !== null) {
        return mail({ kind: 'emailChangeTried', to: owner, data });
      }
      // Nothing of the account: the reader may not know its owner.
      const to = { email, name: '', username: null, emailVerifiedAt: null };
      return mail({ kind: 'newEmailCode', to, data });
    },
  });
}

async function send(ctx: Context, sending: Sending): Promise<CodeSent> {
  const { purpose, action } = sending;
  const { id: sessionId } = inSession(ctx.actor).session;
  const sent = await change(ctx, async (writes) => {
    const { tx, audit } = writes;
    // Taken first: of codes that are asked for at once the last one alone is good.
    const user = await lockCaller(ctx, tx);
    const email = sending.addressOf(user);
    const code = newCode(ctx, { purpose, userId: user.id, sessionId, email });
    await replaceOneTimeToken(tx, code.row);
    await sending.send(writes, user, code);
    audit({ action, target: { type: 'user', id: user.id } });
    return { token: code.token, email };
  });
  return { ...sent, expiresIn: ONE_TIME_PURPOSES[purpose].seconds };
}

function mailData(ctx: Context, { code, row }: NewCode) {
  return { ...whenceOf(ctx), code, expiresAt: row.expiresAt };
}
