import { sha256 } from '../../adapters/digest.ts';
import { randomText } from '../../adapters/random.ts';
import type { Context } from '../../core/context.ts';
import { type NewOneTimeToken, newOneTimeToken } from '../one-time-tokens/tokens.ts';

/** What a code from a mail can be for. */
export type CodePurpose = 'email-code' | 'email-change';

/** A code and the token that it goes with. Neither is kept. */
export interface NewCode {
  readonly token: string;
  /** Six digits. */
  readonly code: string;
  readonly row: NewOneTimeToken;
}

const DIGITS = '0123456789';
const CODE_LENGTH = 6;

/** Makes a code for an address, with a token that alone is of no use and without which the code is of none. */
export function newCode(
  ctx: Pick<Context, 'clock' | 'random'>,
  of: {
    readonly purpose: CodePurpose;
    readonly userId: string;
    /** The session that asks for it. */
    readonly sessionId: string;
    readonly email: string;
  },
): NewCode {
  const { purpose, userId, sessionId, email } = of;
  const { secret: token, row } = newOneTimeToken(ctx, { purpose, userId, sessionId });
  const code = randomText(ctx.random, DIGITS, CODE_LENGTH);
  return { token, code, row: { ...row, email, codeHash: hashCode(token, code) } };
}

export function hashCode(token: string, code: string): string {
  return sha256(`${token} ${code}`);
}
