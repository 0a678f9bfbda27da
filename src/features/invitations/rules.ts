import { addSeconds } from '../../adapters/clock.ts';
import { sha256 } from '../../adapters/digest.ts';
import type { TenantRole } from '../../core/roles.ts';
import type { Context } from '../../core/context.ts';
import { foldName } from '../users/rules.ts';

const INVITATION_SECONDS = 72 * 3600;
const TOKEN_BYTES = 32;

/** An invitation as it is kept. */
export interface NewInvitation {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly emailKey: string;
  readonly role: TenantRole;
  readonly tokenHash: string;
  readonly inviterId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Makes an invitation; `token` goes into the mail and is kept nowhere. */
export function newInvitation(
  { clock, random }: Pick<Context, 'clock' | 'random'>,
  asked: Pick<NewInvitation, 'tenantId' | 'email' | 'role' | 'inviterId'>,
): { readonly token: string; readonly row: NewInvitation } {
  const createdAt = clock.now();
  const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
  const row = {
    ...asked,
    id: random.uuid(),
    emailKey: foldName(asked.email),
    tokenHash: sha256(token),
    createdAt,
    expiresAt: addSeconds(createdAt, INVITATION_SECONDS),
  };
  return { token, row };
}

/**
 * The page that the mail links to. The token is behind the #, which no browser sends and no log keeps,
 * and nothing is accepted by opening it: mail scanners do.
 */
export function invitationLink(publicUrl: string, token: string): string {
  return `${publicUrl.replace(/\/$/, '')}/invitation#token=${token}`;
}
