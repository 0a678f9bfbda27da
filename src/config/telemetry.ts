import { httpUrl, integer, onOff, secret, text } from './fields.ts';

/** What is told to those who watch the server. */
export const TELEMETRY = {
  REQUEST_LOG: onOff.optional().meta({
    description:
      'Whether each request is logged in a line at `info`, `on` or `off`; health checks and scrapes at `debug`.',
    defaultText: '`on` in production, `off` in development',
  }),
  METRICS: onOff.optional().meta({
    description: 'Whether `/metrics` is served for Prometheus, `on` or `off`.',
    defaultText: '`on` in development, and wherever `METRICS_TOKEN` is set',
  }),
  METRICS_TOKEN: secret.optional().meta({
    secret: true,
    description:
      'What a scraper sends as `Authorization: Bearer …`, at least 32 bytes; production serves ' +
      '`/metrics` only with it, or on a `METRICS_PORT` of this machine alone.',
    defaultText: 'none; then only programs on this machine may scrape, in development',
  }),
  METRICS_PORT: integer(0, 65_535)
    .optional()
    .meta({
      description:
        'TCP port of its own for `/metrics`, `/livez`, `/healthz` and `/readyz`; then `PORT` does not serve ' +
        '`/metrics`. 0 takes a free one.',
      defaultText: 'none; `/metrics` is served on `PORT`',
    }),
  METRICS_HOST: text.optional().meta({
    description: 'Address that `METRICS_PORT` listens on; another machine needs `METRICS_TOKEN`.',
    defaultText: '`127.0.0.1`',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional().meta({
    description:
      'OpenTelemetry collector that traces are sent to by OTLP over HTTP, such as ' +
      '`http://localhost:4318`. Other `OTEL_EXPORTER_OTLP_…` variables count as well.',
    defaultText: 'no traces',
  }),
};
