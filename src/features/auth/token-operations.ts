import { z } from 'zod';
import type { TokenType, VerifiedToken } from '../../adapters/tokens.ts';
import { POLICY } from '../../access/policy.ts';
import { change } from '../../core/change.ts';
import { operation } from '../../core/operation.ts';
import { loginNameOf } from '../../authentication/holder.ts';
import { revokeSession } from '../sessions/store.ts';
import { requireServiceClient } from './service-client.ts';
import { findActiveToken, readToken } from './token-holder.ts';

const tokenInput = z.string().min(1).max(8192).describe('An access or a refresh token.');

/** What a service is told of a token that counts. */
export interface TokenFacts extends VerifiedToken {
  readonly type: TokenType;
  readonly userId: string;
  /** The name that its holder signs in with. */
  readonly username: string;
  /** The rights that the holder has now, whatever the token says. */
  readonly scopes: readonly string[];
}

export const introspectToken = operation({
  name: 'introspectToken',
  description:
    'Tells one of INTROSPECTION_CLIENTS of a token that counts at this moment, and nothing of any other (RFC 7662). The token of somebody who has yet to choose a password of their own counts for nothing, and a token by the username counts at the doors of this server alone.',
  input: z.object({
    clientId: z.string().max(256),
    clientSecret: z.string().max(4096),
    token: tokenInput,
  }),
  scopes: { public: true },
  fails: ['INVALID_CLIENT'],
  handle: async (ctx, { token, ...client }): Promise<{ facts: TokenFacts | undefined }> => {
    await requireServiceClient(ctx, client);
    const active = await findActiveToken(ctx, token);
    // A named token is for the doors of this server: its `sub` is no account id.
    if (!active || active.token.name !== undefined) return { facts: undefined };
    const { user } = active;
    const scopes = POLICY.system[user.systemRole];
    const username = loginNameOf(user);
    return { facts: { ...active.token, userId: user.id, username, scopes } };
  },
});

export const revokeToken = operation({
  name: 'revokeToken',
  description:
    'Ends the session of a token for whoever holds it: its access and refresh tokens die (RFC 7009). A token that does not count is answered alike.',
  input: z.object({ token: tokenInput }),
  scopes: { public: true },
  fails: [],
  handle: async (ctx, { token }) => {
    const held = await readToken(ctx, token);
    if (!held) return {};
    await change(ctx, async ({ tx, audit, ended }) => {
      const revoked = await revokeSession(tx, { id: held.sessionId, now: ctx.clock.now() });
      if (!revoked) return;
      audit({
        action: 'session.revoked_by_token',
        target: { type: 'user', id: revoked.userId },
        sessionId: revoked.id,
      });
      ended([revoked]);
    });
    return {};
  },
});
