import { reauthenticationRequired } from '../../access/fresh.ts';
import { inSession } from '../../core/actor.ts';
import type { ThrottledContext } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { revokeSession } from '../sessions/store.ts';
import { signInPlaces } from '../throttles/rules.ts';
import { ATTEMPTS, recordFailureOf } from './attempts.ts';
import { type AuthPayload, signIn } from './begin-session.ts';
import { type MethodAnswer, requireAnswers } from './method.ts';
import { secondFactorOf, secondFactorTaking } from './methods.ts';
import { PASSWORD } from './password.ts';

export interface StepUpAnswers {
  readonly password: string;
  /** The answer to the second factor. */
  readonly code?: string | null | undefined;
}

/**
 * Replaces the session of a caller who shows again who they are. A failure is audited.
 * @throws WRONG_PASSWORD, WRONG_CODE; REAUTHENTICATION_REQUIRED where the second factor is missing
 */
export async function stepUp(ctx: ThrottledContext, answers: StepUpAnswers): Promise<AuthPayload> {
  try {
    return await replaceSession(ctx, answers);
  } catch (error) {
    await recordFailureOf(ctx, 'stepUp', { error });
    throw error;
  }
}

async function replaceSession(
  ctx: ThrottledContext,
  { password, code }: StepUpAnswers,
): Promise<AuthPayload> {
  const { user, session } = inSession(ctx.actor);
  const asksForMore = secondFactorOf(user) !== undefined;
  if (asksForMore && code == null) throw reauthenticationRequired(ctx);
  const answers: MethodAnswer[] = [{ method: PASSWORD, answer: password }];
  if (asksForMore && code != null) {
    answers.push({ method: secondFactorTaking(code), answer: code });
  }
  const uses = await requireAnswers(ctx, user, answers, 'stepUp');

  const payload = await signIn(ctx, user, {
    by: answers.map(({ method }) => method),
    action: ATTEMPTS.stepUp.succeeded,
    use: async (writes) => {
      const former = await revokeSession(writes.tx, { id: session.id, now: ctx.clock.now() });
      if (!former) throw new AppError('UNAUTHENTICATED');
      writes.ended([former]);
      for (const use of uses) await use(writes);
    },
  });
  await ctx.attempt.succeeded(signInPlaces(ctx, user));
  return payload;
}
