import type { TokenPair } from '../../../adapters/tokens.ts';
import type { SecondFactorColumns } from '../../../db/second-factor.ts';
import { register } from '../../../features/auth/operations.ts';
import { login } from '../../../features/sign-in/operations.ts';
import { homeTenant } from '../../../features/tenants/operations.ts';
import { verifyTotp } from '../../../features/totp/operations.ts';
import { me, updateProfile } from '../../../features/users/operations.ts';
import { prefixedId, rfc3339Seconds, sentenceOf, statusOf, totpEnabled } from '../bodies.ts';
import { type Ask, type Dialect, type Reply, row } from '../dialect.ts';
import { from, namesOf } from '../fields.ts';
import { QUAZZAR_ROWS } from '../quazzar-rows.ts';
import { bearerPair, TICKET, TOTP_ANSWER } from '../sign-in.ts';

interface Person extends SecondFactorColumns {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly name: string;
  readonly createdAt: Date;
}

/** A pair of tokens, with those who are signed in from then on. */
type SignedIn = TokenPair & { readonly actor: Parameters<Ask>[2] };

/** The tenant of who calls, as the document spells ids. */
export async function tenantIdOf(ask: Ask, actor?: SignedIn['actor']): Promise<string | null> {
  const home = await ask(homeTenant, {}, actor);
  return home.tenantId === null ? null : prefixedId('ten', home.tenantId);
}

const user = (person: Person, tenant: string | null) => ({
  id: prefixedId('usr', person.id),
  email: person.email ?? person.username,
  name: person.name,
  tenant_id: tenant,
  created_at: rfc3339Seconds(person.createdAt),
});

/** What a user reads of their own account. */
export const resident = (person: Person, tenant: string | null) => ({
  ...user(person, tenant),
  totp_enabled: totpEnabled(person),
});

const profile = async (person: Person, ask: Ask): Promise<Reply> => ({
  status: 200,
  body: resident(person, await tenantIdOf(ask)),
});

const signedIn = async (result: SignedIn, ask: Ask): Promise<Reply> => ({
  status: 200,
  body: { ...bearerPair(result), tenant_id: await tenantIdOf(ask, result.actor) },
});

const JANE = { email: 'jane@example.com', password: 'SecureP@ssw0rd' };

/** Quazzar Control Panel: as Cloud OS, but by e-mail address, in tenants, and without API keys. */
export const quazzarPanel: Dialect = {
  name: 'quazzar-panel',
  title: 'Quazzar Control Panel',
  about: 'Accounts by e-mail address in tenants, a pair of tokens, and a second factor.',
  failure: (error, { row }) => ({
    status: statusOf(error),
    // Where nobody is named at all, a username is missed.
    body: { error: sentenceOf(error, { username: 'email', ...namesOf(row?.input) }) },
  }),
  rows: [
    row({
      method: 'POST',
      path: '/api/auth/register',
      operation: register,
      input: from({ json: { email: 'email', password: 'password', name: 'name' } }),
      example: { ...JANE, name: 'Jane Doe' },
      reply: async (result, _request, ask) => ({
        status: 201,
        body: user(result.user, await tenantIdOf(ask, result.actor)),
      }),
    }),
    row({
      method: 'POST',
      path: '/api/auth/login',
      operation: login,
      input: from({ json: { email: 'username', password: 'password' } }),
      example: JANE,
      reply: (result, _request, ask) =>
        'state' in result
          ? { status: 200, body: { totp_required: true, temp_token: result.challengeToken } }
          : signedIn(result, ask),
    }),
    row({
      method: 'POST',
      path: '/api/auth/totp/verify',
      operation: verifyTotp,
      input: TOTP_ANSWER,
      signIn: 'optional',
      example: TICKET,
      reply: (result, _request, ask) =>
        'accessToken' in result
          ? signedIn(result, ask)
          : {
              status: 200,
              body: { message: 'TOTP enabled', recovery_codes: result.recoveryCodes },
            },
    }),
    row({
      method: 'GET',
      path: '/api/auth/me',
      operation: me,
      reply: (result, _request, ask) => profile(result, ask),
    }),
    row({
      method: 'PUT',
      path: '/api/auth/profile',
      operation: updateProfile,
      input: from({ json: { name: 'name' } }),
      example: { name: 'Jane Smith' },
      reply: (result, _request, ask) => profile(result.user, ask),
    }),
    ...QUAZZAR_ROWS,
  ],
};
