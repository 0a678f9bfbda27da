import type { Context } from '../../context.ts';
import type { Tx } from '../../db/client.ts';
import { transaction } from '../../db/transaction.ts';
import { AppError } from '../../errors.ts';
import type { AuditAction } from '../audit/actions.ts';
import { auditEvent } from '../audit/event.ts';
import { insertAuditEvent } from '../audit/store.ts';
import { composeMail, type NewMail } from '../mail/compose.ts';
import { insertMail } from '../mail/store.ts';
import { replaceOneTimeToken } from '../one-time-tokens/store.ts';
import { ONE_TIME_PURPOSES } from '../one-time-tokens/tokens.ts';
import { takeAccount } from '../users/manage-store.ts';
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
  readonly userId: string;
  readonly purpose: CodePurpose;
  readonly action: Extract<AuditAction, 'email.code_requested' | 'email.change_requested'>;
  /** Where it goes, by the user as they are at this moment; throws where there is nothing to send. */
  readonly addressOf: (user: UserRow) => string;
  readonly mail: (tx: Tx, user: UserRow, code: NewCode) => Promise<NewMail | undefined>;
}

/**
 * Mails a user a code with which they prove that their address is theirs; the one before it is void.
 * @throws EMAIL_MISSING, EMAIL_ALREADY_VERIFIED
 */
export function sendCode(ctx: Context, userId: string): Promise<CodeSent> {
  return send(ctx, {
    userId,
    purpose: 'email-code',
    action: 'email.code_requested',
    addressOf: ({ email, emailVerifiedAt }) => {
      if (email === null) throw new AppError('EMAIL_MISSING');
      if (emailVerifiedAt !== null) throw new AppError('EMAIL_ALREADY_VERIFIED');
      return email;
    },
    mail: async (_tx, user, code) =>
      composeMail(ctx, { kind: 'emailCode', to: user, data: mailData(ctx, code) }),
  });
}

/**
 * Mails a code to an address that a user wants to have. Where it is another's, that one is told instead
 * and nobody learns the code: who asks sees no difference.
 */
export function sendChangeCode(
  ctx: Context,
  { userId, email }: { readonly userId: string; readonly email: string },
): Promise<CodeSent> {
  return send(ctx, {
    userId,
    purpose: 'email-change',
    action: 'email.change_requested',
    addressOf: () => email,
    mail: async (tx, _user, code) => {
      const owner = await findEmailOwner(tx, foldName(email));
      const data = mailData(ctx, code);
      if (owner && owner.id !== userId) {
        return composeMail(ctx, { kind: 'emailChangeTried', to: owner, data });
      }
      // Nothing of the account: whoever reads this may be a stranger to it.
      const to = { email, name: '', username: null };
      return composeMail(ctx, { kind: 'newEmailCode', to, data });
    },
  });
}

async function send(ctx: Context, sending: Sending): Promise<CodeSent> {
  const { userId, purpose, action } = sending;
  const sent = await transaction(ctx.db, async (tx) => {
    // Taken first: of codes that are asked for at once the last one alone is good.
    const taken = await takeAccount(ctx.db, tx, { id: userId, admins: false });
    if (!taken) throw new AppError('UNAUTHENTICATED');
    const email = sending.addressOf(taken.account);
    const code = newCode(ctx, { purpose, userId, email });
    await replaceOneTimeToken(tx, code.row);
    await insertMail(tx, await sending.mail(tx, taken.account, code));
    const event = auditEvent(ctx, { action, target: { type: 'user', id: userId } });
    await insertAuditEvent(ctx.db, tx, event);
    return { token: code.token, email };
  });
  ctx.mail.wake();
  return { ...sent, expiresIn: ONE_TIME_PURPOSES[purpose].seconds };
}

function mailData({ request }: Context, { code, row }: NewCode) {
  const { userAgent: device, ipAddress: address } = request;
  return { code, expiresAt: row.expiresAt, device, address, at: row.createdAt };
}
