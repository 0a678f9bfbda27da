import { createServer, type Server } from 'node:http';
import { graphqlEndpoints } from '../doors/graphql/door.ts';
import { createEngine } from '../doors/graphql/engine.ts';
import { createWebSocketDoor } from '../doors/graphql/websocket.ts';
import { loadTrustedDocuments } from '../doors/graphql/trusted-documents.ts';
import { createClosing } from '../doors/http/closing.ts';
import { createConnections } from '../doors/http/connections.ts';
import { createEdge } from '../doors/http/edge.ts';
import { createStreamSender } from '../doors/http/event-stream.ts';
import { admitMachine, createManagementServer } from '../doors/http/management.ts';
import { metricsEndpoints } from '../doors/http/metrics.ts';
import { oneAtATime } from '../doors/http/pipelined.ts';
import { createPipeline } from '../doors/http/pipeline.ts';
import { createRoutes } from '../doors/http/routes.ts';
import { createUpgradeListener } from '../doors/http/upgrade.ts';
import { healthEndpoints, keysEndpoint } from '../doors/http/well-known.ts';
import { oauthEndpoints } from '../doors/oauth/door.ts';
import { metadataEndpoints } from '../doors/oauth/metadata.ts';
import { referenceEndpoints } from '../doors/rest/reference/door.ts';
import { restEndpoints } from '../doors/rest/router.ts';
import { createStatusSocket, STATUS_SOCKET_PATHS } from '../doors/rest/status-socket.ts';
import type { Services } from '../core/services.ts';

const REQUEST_TIMEOUT_MS = 60_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** How often requests that stall are looked for. */
const STALLED_POLL_MS = 2000;
/** The server of METRICS_PORT goes on while the other one drains. */
const NEVER_CLOSING = { begin: () => undefined, end: () => undefined };

export interface App {
  /** The server, not yet listening. */
  readonly server: Server;
  /** From now on `/readyz` says no, so that balancers turn away. Everything is answered as before. */
  readonly leave: () => void;
  /** The one of METRICS_PORT, not yet listening; undefined where there is none. */
  readonly management: Server | undefined;
  /**
   * Takes no new connections, lets what is under way finish and cuts what takes longer than `DRAIN_SECONDS`.
   */
  readonly drain: () => Promise<void>;
}

/** The account server over the services it is given. */
export function createApp(services: Services): App {
  const { config } = services;
  const server = createServer({
    connectionsCheckingInterval: STALLED_POLL_MS,
    // The edge asks for it, except of health checks.
    requireHostHeader: false,
  });
  const closing = createClosing(config, server);
  const edge = createEdge(services);
  const connections = createConnections(services);
  const streams = createStreamSender(services, connections);
  const engine = createEngine(config, services.log, loadTrustedDocuments(config));
  const health = healthEndpoints(services, closing.isLeaving);
  const metrics = metricsEndpoints(services);
  const hasPort = config.metricsPort !== undefined;
  const find = createRoutes([
    ...graphqlEndpoints(config, engine),
    ...health,
    ...(hasPort ? [] : metrics),
    keysEndpoint(services),
    ...metadataEndpoints(config),
    ...oauthEndpoints,
    ...referenceEndpoints(config),
    ...restEndpoints(services),
  ]);
  const parts = { edge, streams, closing };
  const serve = createPipeline(services, { ...parts, admit: edge.admit, find });
  server.on(
    'request',
    oneAtATime((req, res) => void serve(req, res)),
  );
  const serveMachines = createPipeline(services, {
    ...parts,
    closing: NEVER_CLOSING,
    admit: (req) => admitMachine(services, req),
    find: createRoutes([...health, ...metrics]),
  });

  const sockets = createWebSocketDoor(services, engine);
  const status = createStatusSocket(services);
  const handlers = new Map([
    ['/graphql', sockets.upgrade],
    ...STATUS_SOCKET_PATHS.map((path) => [path, status.upgrade] as const),
  ]);
  server.on(
    'upgrade',
    createUpgradeListener(services, { edge, connections, handlers, isClosing: closing.isClosing }),
  );
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = 1000 * config.keepAliveSeconds;
  // Of an answer that its client does not read: requests are answered before.
  server.timeout = 2000 * config.requestSeconds;

  return {
    server,
    management: hasPort ? createManagementServer(serveMachines) : undefined,
    leave: closing.leave,
    drain: () =>
      closing.close(() => {
        sockets.close();
        status.close();
        streams.close();
      }),
  };
}
