import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { startApp } from '../support/app.ts';
import { LOGIN } from '../support/documents.ts';
import { setUpAdmin } from '../support/people.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: Pick<Span, 'attributes'>;
    readonly scopeSpans: readonly { readonly spans: Span[] }[];
  }[];
}

/** A collector that keeps what it is sent. */
async function startCollector() {
  const spans: Span[] = [];
  const paths = new Set<string>();
  const resources: Span['attributes'][] = [];
  const server = createServer((req, res) => {
    paths.add(req.url ?? '');
    void json(req).then((body) => {
      const { resourceSpans } = body as Export;
      resources.push(...resourceSpans.map(({ resource }) => resource.attributes));
      spans.push(...resourceSpans.flatMap((each) => each.scopeSpans.flatMap((of) => of.spans)));
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, spans, paths, resources, close: () => server.close() };
}

it('sends a span for a request and for its operation, within the trace of the caller', async () => {
  const collector = await startCollector();
  const app = await startApp({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, METRICS: 'off' },
  });
  await setUpAdmin(app);
  const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
  const secret = 'a password nobody is to see';
  await app.rest('POST', '/graphql?secret=address', {
    body: { query: String(LOGIN), variables: { input: { username: 'admin', password: secret } } },
    headers: { traceparent: `00-${trace}-${parent}-01` },
  });
  await app.close();
  collector.close();

  expect([...collector.paths]).toEqual(['/v1/traces']);
  const release = { key: 'service.version', value: { stringValue: manifest.version } };
  expect(collector.resources[0]).toContainEqual(release);
  const request = collector.spans.find(
    (span) => span.traceId === trace && span.parentSpanId === parent,
  );
  expect(request).toMatchObject({ name: 'POST /graphql' });
  expect(request?.attributes).toContainEqual({
    key: 'http.response.status_code',
    value: { intValue: 200 },
  });
  const operation = collector.spans.find(({ parentSpanId }) => parentSpanId === request?.spanId);
  expect(operation).toMatchObject({ name: 'login', traceId: trace });
  expect(operation?.attributes).toContainEqual({
    key: 'error.type',
    value: { stringValue: 'INVALID_CREDENTIALS' },
  });
  expect(collector.spans.map(({ name }) => name)).toContain('setup');
  expect(JSON.stringify(collector.spans)).not.toMatch(/nobody is to see|secret=address/);
});
