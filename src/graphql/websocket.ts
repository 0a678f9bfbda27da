import type { IncomingMessage } from 'node:http';
import {
  type DocumentNode,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import { CloseCode, type Context as SocketContext } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import type { WebSocket } from 'ws';
import type { OpenActor, UserActor } from '../access/actor.ts';
import { authenticate, bearerToken, openWhileOff } from '../access/authenticate.ts';
import { type Context, contextOf, type RequestInfo } from '../context.ts';
import { watchSession } from '../features/sessions/watch.ts';
import { createSocketServer, socketDoor, type WebSocketDoor } from '../http/web-socket.ts';
import type { Services } from '../services.ts';
import type { GraphqlParams } from './request.ts';
import type { TrustedDocuments } from './trusted-documents.ts';
import type { GraphqlServer } from './yoga.ts';

const INIT_TIMEOUT_MS = 10_000;

type Socket = SocketContext<Record<string, unknown>, Extra & Partial<SocketState>>;
interface SocketState {
  readonly info: RequestInfo;
  app: Context;
}

/**
 * Subscriptions over the `graphql-transport-ws` protocol, for people who are signed in, and for whoever
 * comes while authentication is off. The access token comes as `authorization` in the connection's
 * parameters; the socket closes with 4403 when the session or the token ends, or when authentication is
 * turned on, which clients take as the sign to refresh and connect again.
 */
export function createWebSocketDoor(
  services: Services,
  yoga: GraphqlServer,
  documents: TrustedDocuments | undefined,
): WebSocketDoor {
  const infos = new WeakMap<IncomingMessage, RequestInfo>();
  const server = createSocketServer();

  const onConnect = async ({ connectionParams, extra }: Socket) => {
    const sent = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
    const authorization = typeof sent === 'string' ? sent : undefined;
    const credentials = { authorization, cookie: undefined };
    const actor = await authenticate(services, [openWhileOff, bearerToken], credentials);
    const info = infos.get(extra.request);
    if ((actor.kind !== 'user' && actor.kind !== 'open') || !info) return false;
    extra.app = contextOf(services, actor, info);
    closeWhenOver(services, actor, extra.socket);
    return true;
  };

  const onSubscribe = async ({ extra }: Socket, _id: string, payload: SubscribePayload) => {
    try {
      return await prepare(extra, payload);
    } catch (error) {
      // What is wrong with one subscription is no reason to close the socket of all.
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
  };

  const prepare = async (extra: Socket['extra'], payload: SubscribePayload) => {
    const params = documents ? documents.resolve(payload) : payload;
    const { query, variables, operationName } = params as SubscribePayload;
    const { actor, ...rest } = extra.app as Context;
    // An actor of its own: what is read once for the caller is read once an operation.
    const enveloped = yoga.getEnveloped({ app: { ...rest, actor: { ...actor } } }) as Enveloped;
    const document = enveloped.parse(query);
    const errors = enveloped.validate(enveloped.schema, document);
    if (errors.length > 0) return errors;
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
      return [new GraphQLError('Send queries and mutations over HTTP.')];
    }
    return {
      schema: enveloped.schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: await enveloped.contextFactory(),
      rootValue: enveloped,
    };
  };

  useServer<Record<string, unknown>, Partial<SocketState>>(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onConnect,
      onSubscribe: onSubscribe as never,
      execute: (args) => (args.rootValue as Enveloped).execute(args),
      subscribe: (args) => (args.rootValue as Enveloped).subscribe(args),
    },
    server,
  );

  return socketDoor(server, (socket, req, info) => {
    infos.set(req, info);
    server.emit('connection', socket, req);
  });
}

/** One request's view of Yoga's plugins, which its own types leave open. */
interface Enveloped {
  readonly schema: GraphQLSchema;
  readonly parse: (source: string) => DocumentNode;
  readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  readonly contextFactory: () => unknown;
  readonly execute: (args: unknown) => never;
  readonly subscribe: (args: unknown) => never;
}

interface SubscribePayload extends GraphqlParams {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null;
}

/** Closes the socket once what let its caller in is over: their session, or that authentication is off. */
function closeWhenOver(services: Services, actor: UserActor | OpenActor, socket: WebSocket): void {
  const close = () => socket.close(CloseCode.Forbidden, 'Forbidden');
  const stop =
    actor.kind === 'open'
      ? services.authSwitch.whenOn(close)
      : closeWithSession(services, actor, close);
  socket.once('close', stop);
  if (socket.readyState !== socket.OPEN) stop();
}

function closeWithSession(services: Services, actor: UserActor, close: () => void): () => void {
  const watch = watchSession(services, actor);
  watch.over.addEventListener('abort', close);
  return watch.stop;
}
