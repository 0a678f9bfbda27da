import type { Config } from '../../config/config.ts';
import { type Endpoint, pageEndpoint } from '../http/endpoint.ts';
import { publicReply } from '../http/well-known.ts';
import { INTROSPECT_PATH, REVOKE_PATH } from './door.ts';

const WELL_KNOWN = '/.well-known/oauth-authorization-server';

/** The metadata: behind the host, before the path of PUBLIC_URL, and behind it (RFC 8414 section 3.1). */
export function metadataEndpoints(config: Config): readonly Endpoint[] {
  const reply = publicReply(metadata(config));
  const path = new URL(config.publicUrl).pathname.replace(/\/$/, '');
  return [...new Set([WELL_KNOWN, WELL_KNOWN + path])].map((at) => pageEndpoint(at, () => reply));
}

/**
 * What there is for other services (RFC 8414 section 2). People sign in at the server's own doors: there
 * is no grant, so no endpoint for one. Without clients nobody may introspect, and nothing says where.
 */
function metadata({ publicUrl, serviceClients }: Config) {
  return {
    issuer: publicUrl,
    jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    // Absent would mean that there is an authorization code grant.
    response_types_supported: [],
    grant_types_supported: [],
    ...(serviceClients.length > 0 && {
      introspection_endpoint: publicUrl + INTROSPECT_PATH,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    }),
    revocation_endpoint: publicUrl + REVOKE_PATH,
    revocation_endpoint_auth_methods_supported: ['none'],
  };
}
