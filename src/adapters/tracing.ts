import type { Span } from '@opentelemetry/api';
import { VERSION } from '../core/version.ts';
import { INSTANCE } from './instance.ts';
import type { Reach } from './reach.ts';

/** One piece of work in a trace. */
export interface TraceSpan {
  /** A piece of it. */
  readonly child: (name: string) => TraceSpan;
  /** Attributes as OpenTelemetry's semantic conventions name them; never what a person typed. */
  readonly end: (name: string, attributes: Readonly<Record<string, string | number>>) => void;
  /** With the kind of error it ended with. */
  readonly fail: (code: string) => void;
}

/** Sends what requests and operations did, and how long it took, to an OpenTelemetry collector. */
export interface Tracing {
  /** Begins a trace, or goes on with that of the caller (W3C Trace Context). */
  readonly begin: (traceparent: string | undefined) => TraceSpan;
  /** Sends what is left. */
  readonly close: () => Promise<void>;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;
const CLOSE_MS = 2000;

/**
 * Sends to `<endpoint>/v1/traces`. OpenTelemetry is loaded here alone: whoever sends no traces does not
 * pay for it. Its own variables, such as OTEL_EXPORTER_OTLP_HEADERS, count as well.
 * @param collector told whether what was sent was taken
 */
export async function createTracing(
  endpoint: string,
  collector: Pick<Reach, 'worked' | 'failed'>,
): Promise<Tracing> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/(?<!\/)\/+$/, '')}/v1/traces`,
  });
  const send = exporter.export.bind(exporter);
  exporter.export = (spans, done) =>
    send(spans, (result) => {
      if (result.error) collector.failed(result.error);
      else collector.worked();
      done(result);
    });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'vestibule',
      'service.version': VERSION,
      'service.instance.id': INSTANCE,
    }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('vestibule');

  const wrap = (span: Span): TraceSpan => ({
    child: (name) => {
      const within = api.trace.setSpan(api.ROOT_CONTEXT, span);
      return wrap(tracer.startSpan(name, { kind: api.SpanKind.INTERNAL }, within));
    },
    end: (name, attributes) => {
      span.updateName(name).setAttributes(attributes).end();
    },
    fail: (code) => {
      span.setAttribute('error.type', code).setStatus({ code: api.SpanStatusCode.ERROR }).end();
    },
  });

  return {
    begin: (traceparent) => {
      const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
      const parent =
        traceId && spanId && flags
          ? api.trace.setSpanContext(api.ROOT_CONTEXT, {
              traceId,
              spanId,
              traceFlags: Number.parseInt(flags, 16) & SAMPLED,
              isRemote: true,
            })
          : api.ROOT_CONTEXT;
      return wrap(tracer.startSpan('request', { kind: api.SpanKind.SERVER }, parent));
    },
    close: async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}
