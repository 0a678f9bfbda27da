import type { Context } from '../../core/context.ts';
import {
  introspectToken,
  revokeToken,
  type TokenFacts,
} from '../../features/auth/token-operations.ts';
import { type Endpoint, jsonReply } from '../http/endpoint.ts';
import { oauthFailure } from './errors.ts';
import { type Parameters, readClient, readForm } from './form.ts';

export const INTROSPECT_PATH = '/oauth/introspect';
export const REVOKE_PATH = '/oauth/revoke';

interface OauthEndpoint {
  readonly operation: typeof introspectToken | typeof revokeToken;
  /** The JSON that goes back; undefined where the status says it all. */
  readonly answer: (
    ctx: Context,
    form: Parameters,
    authorization: string | undefined,
  ) => Promise<object | undefined>;
}

/** What other services and public clients ask about tokens, by path. All by POST. */
export const OAUTH_ENDPOINTS: Readonly<Record<string, OauthEndpoint>> = {
  [INTROSPECT_PATH]: {
    operation: introspectToken,
    answer: async (ctx, form, authorization) => {
      const input = { ...readClient(authorization, form), token: form['token'] };
      return introspection(ctx, (await introspectToken.run(ctx, input)).facts);
    },
  },
  // A hint that is unknown or wrong counts for nothing (RFC 7009 section 2.2): both kinds are tried.
  [REVOKE_PATH]: {
    operation: revokeToken,
    answer: async (ctx, form) => {
      await revokeToken.run(ctx, { token: form['token'] });
      return undefined;
    },
  },
};

/** Token introspection (RFC 7662) and revocation (RFC 7009). */
export const oauthEndpoints: readonly Endpoint[] = Object.entries(OAUTH_ENDPOINTS).map(
  ([path, { answer }]) => ({
    methods: ['POST'],
    path,
    route: { door: 'oauth', route: `POST ${path}` },
    readsBody: true,
    answer: async (ctx, { req, body }) => {
      const form = readForm(req.headers['content-type'], body);
      const answered = await answer(ctx, form, req.headers.authorization);
      return answered === undefined ? { status: 200 } : jsonReply(200, answered);
    },
    failure: oauthFailure,
  }),
);

/** RFC 7662 section 2.2. A refresh token says that it is one: it is not for those who serve resources. */
function introspection({ config }: Context, facts: TokenFacts | undefined): object {
  if (!facts) return { active: false };
  return {
    active: true,
    iss: config.publicUrl,
    aud: config.publicUrl,
    sub: facts.userId,
    sid: facts.sessionId,
    jti: facts.id,
    iat: facts.issuedAt,
    exp: facts.expiresAt,
    ...(facts.username !== undefined && { username: facts.username }),
    scope: facts.scopes.join(' '),
    token_type: facts.type === 'access' ? 'Bearer' : 'refresh_token',
  };
}
