import { isSameSecret } from '../../adapters/digest.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { serviceClientBuckets } from '../throttles/rules.ts';

/** Who a service says it is. */
interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Refuses whoever is none of INTROSPECTION_CLIENTS. Their secrets are too long to be guessed, so what is
 * counted, and kept from filling the audit log, is refusals alone: a service asks as often as it likes.
 * @throws INVALID_CLIENT; RATE_LIMITED after many of those
 */
export async function requireServiceClient(
  ctx: Context,
  { clientId, clientSecret }: ClientCredentials,
): Promise<void> {
  // All of them, and each to its end: the time tells neither which id there is nor what was right.
  const matching = ctx.config.serviceClients.filter(({ id, secret }) => {
    const [isId, isSecret] = [isSameSecret(id, clientId), isSameSecret(secret, clientSecret)];
    return isId && isSecret;
  });
  if (matching.length > 0) return;
  await ctx.throttles.claim(serviceClientBuckets(ctx));
  await recordAuditEvent(ctx, {
    action: 'client.refused',
    outcome: 'failure',
    details: { reason: 'INVALID_CLIENT' },
  });
  throw new AppError('INVALID_CLIENT');
}
