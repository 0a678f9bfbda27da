import { httpUrl, onOff, secret } from './fields.ts';

/** What is told to those who watch the server. */
export const TELEMETRY = {
  METRICS: onOff.optional().meta({
    description: 'Whether `/metrics` is served for Prometheus, `on` or `off`.',
    defaultText: '`on` in development, and wherever `METRICS_TOKEN` is set',
  }),
  METRICS_TOKEN: secret.optional().meta({
    secret: true,
    description:
      'What a scraper sends as `Authorization: Bearer …`, at least 32 bytes; production serves ' +
      '`/metrics` only with it.',
    defaultText: 'none; then only programs on this machine may scrape, in development',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional().meta({
    description:
      'OpenTelemetry collector that traces are sent to by OTLP over HTTP, such as ' +
      '`http://localhost:4318`. Other `OTEL_EXPORTER_OTLP_…` variables count as well.',
    defaultText: 'no traces',
  }),
};
