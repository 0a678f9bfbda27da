import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { endAnswer } from '../core/answer.ts';
import { createGraphqlDoor } from '../doors/graphql/door.ts';
import { createWebSocketDoor } from '../doors/graphql/websocket.ts';
import { loadTrustedDocuments } from '../doors/graphql/trusted-documents.ts';
import { createEngine, createGraphqlServer } from '../doors/graphql/yoga.ts';
import { createEdge, HEALTH_PATHS, pathOf } from '../doors/http/edge.ts';
import { createClosing } from '../doors/http/closing.ts';
import { createConnections } from '../doors/http/connections.ts';
import { createStreamSender } from '../doors/http/event-stream.ts';
import { sendProblem, toAppError } from '../doors/http/problem.ts';
import { createManagementServer } from '../doors/http/management.ts';
import { createMetricsDoor, METRICS_PATH } from '../doors/http/metrics.ts';
import { oneAtATime } from '../doors/http/pipelined.ts';
import { limitTime } from '../doors/http/time-limit.ts';
import { createUpgradeListener } from '../doors/http/upgrade.ts';
import { createWellKnownDoor } from '../doors/http/well-known.ts';
import { createOauthDoor } from '../doors/oauth/door.ts';
import { createReferenceDoor } from '../doors/rest/reference/door.ts';
import { createRestDoor } from '../doors/rest/router.ts';
import { createStatusSocket, STATUS_SOCKET_PATHS } from '../doors/rest/status-socket.ts';
import type { Services } from '../core/services.ts';

const REQUEST_TIMEOUT_MS = 60_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** How often requests that stall are looked for. */
const STALLED_POLL_MS = 2000;
const GRAPHQL_PATH = /^\/graphql\/?(?:\?|$)/;

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
  const server = createServer({
    connectionsCheckingInterval: STALLED_POLL_MS,
    // The edge asks for it, except of health checks.
    requireHostHeader: false,
  });
  const closing = createClosing(services.config, server);
  const edge = createEdge(services);
  const connections = createConnections(services);
  const streams = createStreamSender(services, connections);
  const documents = loadTrustedDocuments(services.config);
  const engine = createEngine(services.config, documents);
  const yoga = createGraphqlServer(services, engine);
  const graphql = createGraphqlDoor(services, { edge, streams, engine }, yoga);
  const wellKnown = createWellKnownDoor(services, closing.isLeaving);
  const rest = createRestDoor(services, wellKnown);
  const reference = createReferenceDoor(services);
  const oauth = createOauthDoor(services);
  const metrics = createMetricsDoor(services);
  const hasPort = services.config.metricsPort !== undefined;
  const doorOf = (url: string) => {
    if (GRAPHQL_PATH.test(url)) return graphql;
    // Past the router, which wants a host that it can read.
    if (HEALTH_PATHS.includes(pathOf(url))) return wellKnown;
    return url === METRICS_PATH && !hasPort ? metrics : (oauth(url) ?? reference(url) ?? rest);
  };

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const admitted = edge.admit(req, res);
    if (!admitted) return;
    const { id } = admitted;
    const { requestSeconds } = services.config;
    const time = limitTime(res, requestSeconds, (error) => sendProblem(res, error, id));
    const info = { ...admitted, signal: time.signal };
    services.telemetry.request(req, res, info);
    closing.begin(res);
    try {
      const door = doorOf(req.url ?? '');
      // That one does so itself, where it does not write all at once.
      if (door !== graphql) edge.setHeaders(res, info);
      await door(req, res, info, time);
    } catch (error) {
      // What a door throws after its time is that the answer is out.
      if (!time.isOver()) sendProblem(res, toAppError(services.log, error, id), id);
    } finally {
      closing.end(res);
    }
    const { answer } = info;
    if (answer && res.closed) endAnswer(answer);
    else if (answer) res.once('close', () => endAnswer(answer));
  };

  server.on(
    'request',
    oneAtATime((req, res) => void handle(req, res)),
  );
  const sockets = createWebSocketDoor(services, yoga, documents);
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
  server.keepAliveTimeout = 1000 * services.config.keepAliveSeconds;
  // Of an answer that its client does not read: requests are answered before.
  server.timeout = 2000 * services.config.requestSeconds;

  return {
    server,
    management: hasPort ? createManagementServer(services, { metrics, wellKnown }) : undefined,
    leave: closing.leave,
    drain: () =>
      closing.close(() => {
        sockets.close();
        status.close();
        streams.close();
      }),
  };
}
