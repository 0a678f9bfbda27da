import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANONYMOUS } from '../../core/actor.ts';
import { type Context, contextOf } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import {
  introspectToken,
  revokeToken,
  type TokenFacts,
} from '../../features/auth/token-operations.ts';
import { readBody } from '../http/body.ts';
import type { Handler } from '../http/handler.ts';
import { toAppError } from '../http/problem.ts';
import type { Services } from '../../core/services.ts';
import { sendOauthError } from './errors.ts';
import { type Parameters, readClient, readForm } from './form.ts';

export const INTROSPECT_PATH = '/oauth/introspect';
export const REVOKE_PATH = '/oauth/revoke';

interface Endpoint {
  readonly operation: typeof introspectToken | typeof revokeToken;
  /** The JSON that goes back; nothing where the status says it all. */
  readonly answer: (ctx: Context, form: Parameters, req: IncomingMessage) => Promise<object | null>;
}

/** What other services and public clients ask about tokens, by path. All by POST. */
export const OAUTH_ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  [INTROSPECT_PATH]: {
    operation: introspectToken,
    answer: async (ctx, form, req) => {
      const client = readClient(req.headers.authorization, form);
      const input = { ...client, token: form['token'] };
      return introspection(ctx, (await introspectToken.run(ctx, input)).facts);
    },
  },
  // A hint that is unknown or wrong counts for nothing (RFC 7009 section 2.2): both kinds are tried.
  [REVOKE_PATH]: {
    operation: revokeToken,
    answer: async (ctx, form) => {
      await revokeToken.run(ctx, { token: form['token'] });
      return null;
    },
  },
};

/** Token introspection (RFC 7662) and revocation (RFC 7009); undefined for a path that is neither. */
export function createOauthDoor(services: Services): (url: string) => Handler | undefined {
  const handlers = new Map(
    Object.entries(OAUTH_ENDPOINTS).map(([path, endpoint]) => [
      path,
      handler(services, path, endpoint),
    ]),
  );
  return (url) => handlers.get(url.replace(/\?.*/s, ''));
}

function handler(services: Services, path: string, { answer }: Endpoint): Handler {
  return async (req, res, info, time) => {
    services.telemetry.routed(info, { door: 'oauth', route: `POST ${path}` });
    try {
      if (info.refusal) throw info.refusal;
      if (req.method !== 'POST') {
        res.setHeader('allow', 'POST');
        throw new AppError('METHOD_NOT_ALLOWED');
      }
      const body = await time.afterBody(readBody(req, res, services.config.bodyLimitBytes));
      const form = readForm(req.headers['content-type'], body);
      const ctx = contextOf(services, ANONYMOUS, info);
      send(res, await time.within(answer(ctx, form, req)));
    } catch (error) {
      sendOauthError(res, toAppError(services.log, error, info.id));
    }
  };
}

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

function send(res: ServerResponse, answer: object | null): void {
  const text = answer === null ? '' : JSON.stringify(answer);
  res.writeHead(200, {
    ...(answer !== null && { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  res.end(text);
}
