import type { Config } from '../../../config/config.ts';
import { type Endpoint, type HttpReply, pageEndpoint } from '../../http/endpoint.ts';
import { DIALECTS } from '../mounts.ts';
import { openApiOf } from './openapi.ts';
import { renderPage } from './page.ts';

/**
 * The OpenAPI document of each dialect and the page that shows them all, where REST_REFERENCE lets
 * them be seen. Each is made when it is first asked for.
 */
export function referenceEndpoints({ restReference }: Config): readonly Endpoint[] {
  if (!restReference) return [];
  const documents = DIALECTS.map((dialect) =>
    madeOnce(`/compat/${dialect.name}/openapi.json`, async () => ({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: Buffer.from(JSON.stringify(await openApiOf(dialect))),
    })),
  );
  const page = madeOnce('/compat', async () => {
    const { html, policy } = await renderPage();
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
    };
    return { status: 200, headers, body: Buffer.from(html) };
  });
  return [...documents, page];
}

function madeOnce(path: string, make: () => Promise<HttpReply>): Endpoint {
  let made: Promise<HttpReply> | undefined;
  return pageEndpoint(path, () => (made ??= make()));
}
