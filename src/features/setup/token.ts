import { isSameSecret } from '../../adapters/digest.ts';
import type { Context, ThrottledContext } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { setupTokenBuckets } from '../throttles/rules.ts';
import { hasUsers, type SetupPass } from '../users/store.ts';
import { findSetupToken, insertSetupToken } from './token-store.ts';

const TOKEN_BYTES = 32;

/** For whom no token is asked: the operator at the machine, and everybody where OPEN_SETUP says so. */
export const OPEN_PASS: SetupPass = { sealedToken: undefined };

/** What the stored token is sealed for. */
export function setupTokenPurpose(): string {
  return 'setup token';
}

/** The token that every process over this database takes; the first process to ask makes it. */
export async function readOrMakeSetupToken(
  services: Pick<Services, 'clock' | 'db' | 'random' | 'secretBox'>,
): Promise<string> {
  const { clock, db, random, secretBox } = services;
  const made = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
  const sealed = secretBox.seal(made, setupTokenPurpose());
  const stored = await insertSetupToken(db, sealed, clock.now());
  return secretBox.open(stored, setupTokenPurpose());
}

/**
 * Refuses setup without the setup token, where this installation asks for one.
 * @param given the token of the input; the header counts where the input has none
 * @throws SETUP_TOKEN_REQUIRED, SETUP_TOKEN_INVALID; SETUP_DONE if it was used up meanwhile
 */
export async function requireSetupToken(
  ctx: ThrottledContext,
  given: string | null | undefined,
): Promise<SetupPass> {
  if (ctx.config.openSetup) return OPEN_PASS;
  const token = given || ctx.request.setupToken;
  if (!token) throw new AppError('SETUP_TOKEN_REQUIRED');
  const pass = await findPass(ctx, token);
  if (pass) {
    await ctx.attempt.succeeded();
    return pass;
  }
  if (await hasUsers(ctx.db.prisma)) throw new AppError('SETUP_DONE');
  const reason = 'SETUP_TOKEN_INVALID';
  await recordAuditEvent(ctx, { action: 'setup.refused', outcome: 'failure', details: { reason } });
  throw new AppError(reason);
}

async function findPass(ctx: Context, token: string): Promise<SetupPass | undefined> {
  const { config, db, secretBox } = ctx;
  if (config.setupToken !== undefined) {
    return isSameSecret(token, config.setupToken) ? OPEN_PASS : undefined;
  }
  const sealedToken = await findSetupToken(db.prisma);
  if (sealedToken === undefined) return undefined;
  const expected = secretBox.open(sealedToken, setupTokenPurpose());
  return isSameSecret(token, expected) ? { sealedToken } : undefined;
}

/**
 * The same for an account that is made for another user. The operator at the machine needs no token. An
 * anonymous client while authentication is off needs one for the first account of all, which is setup by
 * another name. Returns undefined where the account cannot be the first.
 * @throws FORBIDDEN, RATE_LIMITED
 */
export async function requireSetupPass(ctx: Context): Promise<SetupPass | undefined> {
  if (ctx.actor.kind === 'system') return OPEN_PASS;
  if (ctx.actor.kind !== 'open' || (await hasUsers(ctx.db.prisma))) return undefined;
  if (ctx.config.openSetup) return OPEN_PASS;
  const attempt = await ctx.throttles.claim(setupTokenBuckets(ctx));
  try {
    return await requireSetupToken({ ...ctx, attempt }, undefined);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'SETUP_DONE') return undefined;
    throw new AppError('FORBIDDEN', { message: error.message, reason: error.code });
  }
}
