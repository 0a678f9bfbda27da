import { type ExecutionArgs, GraphQLError, OperationTypeNode } from 'graphql';
import { CloseCode, type Context as SocketContext, handleProtocols, makeServer } from 'graphql-ws';
import type { OpenActor, UserActor } from '../../core/actor.ts';
import { createMembershipMemory } from '../../core/memberships.ts';
import { authenticate, bearerToken, openWhileOff } from '../../authentication/authenticate.ts';
import { type Context, contextOf } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { watchSession } from '../../authentication/session-watch.ts';
import { createSocketDoor, type Socket, type WebSocketDoor } from '../http/web-socket.ts';
import type { Services } from '../../core/services.ts';
import { type Engine, type GraphqlRequest, type KindCheck, prepare } from './engine.ts';
import { toGraphqlError } from './errors.ts';
import type { Executed } from './mask.ts';
import {
  createSubscriptions,
  type SubscriptionPlace,
  type Subscriptions,
} from './subscriptions.ts';

const INIT_TIMEOUT_MS = 5000;
/** Clients name their subscriptions by UUIDs. */
const MAX_ID_LENGTH = 128;

type Params = Record<string, unknown>;
interface State {
  readonly socket: Socket;
  readonly subscriptions: Subscriptions;
  app: Context | undefined;
  /** The size of the message that is being read. */
  messageBytes: number;
}
type Connected = SocketContext<Params, State>;

/**
 * Subscriptions over the `graphql-transport-ws` protocol, for people who are signed in, and for whoever
 * comes while authentication is off. The access token comes as `authorization` in the connection's
 * parameters; the socket closes with 4403 when the session or the token ends, or when authentication is
 * turned on, which clients take as the sign to refresh and connect again.
 */
export function createWebSocketDoor(services: Services, engine: Engine): WebSocketDoor {
  const onConnect = async ({ connectionParams, extra }: Connected) => {
    const sent = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
    const authorization = typeof sent === 'string' ? sent : undefined;
    const credentials = { authorization, cookie: undefined };
    const actor = await authenticate(services, [openWhileOff, bearerToken], credentials);
    if (actor.kind !== 'user' && actor.kind !== 'open') return false;
    const { socket } = extra;
    if (!socket.welcome(actor.kind === 'user' ? actor.user.id : undefined)) return false;
    extra.app = contextOf(services, actor, socket.info);
    closeWhenOver(services, actor, socket);
    return true;
  };

  const onSubscribe = async ({ extra }: Connected, id: string, payload: GraphqlRequest) => {
    const isNamed = id.length <= MAX_ID_LENGTH;
    const place = isNamed ? extra.subscriptions.begin(extra.messageBytes) : undefined;
    if (!place) {
      extra.socket.connection.reached('subscriptions');
      return [toGraphqlError(new AppError('TOO_MANY_SUBSCRIPTIONS'))];
    }
    try {
      const prepared = prepareSubscription(extra, payload);
      if ('schema' in prepared) return { ...prepared, place };
      place.end();
      return prepared;
    } catch (error) {
      place.end();
      // What is wrong with one subscription is no reason to close the socket of all.
      if (error instanceof GraphQLError) return engine.refuse(error).errors;
      throw error;
    }
  };

  const prepareSubscription = (extra: State, payload: GraphqlRequest) => {
    // A memory of its own: what is read once for the caller is read once an operation.
    const app = { ...(extra.app as Context), memberships: createMembershipMemory() };
    const request = engine.resolve(payload) as GraphqlRequest;
    const prepared = prepare(engine, request, app, SUBSCRIPTIONS_ONLY);
    return 'schema' in prepared ? prepared : (masked({ errors: prepared }, app).errors ?? []);
  };

  const masked = <R extends Executed>(executed: R, { request }: Context) =>
    engine.mask(executed, request.id) as R;

  const subscribe = async ({ place, ...args }: Prepared) =>
    place.during(async () => masked(await engine.execute(args), args.contextValue as Context));

  const server = makeServer<Params, State>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    onConnect,
    onSubscribe: onSubscribe as never,
    subscribe: subscribe as never,
  });

  const serve = (socket: Socket) => {
    const limit = services.config.subscriptionsPerConnection;
    const subscriptions = createSubscriptions(limit, socket.connection.subscribe);
    const state: State = { socket, subscriptions, app: undefined, messageBytes: 0 };
    const { protocol, send, close } = socket;
    const onMessage = (read: (text: string) => Promise<void>) =>
      socket.onMessage(async (text) => {
        state.messageBytes = Buffer.byteLength(text);
        await read(text).catch((error: unknown) => {
          if (!isUnexpectedMessage(error)) throw error;
          close(CloseCode.BadRequest, 'Unexpected message');
        });
      });
    const closed = server.opened({ protocol, send, close, onMessage }, state);
    socket.onClose(async (code, reason) => {
      subscriptions.close();
      await closed(code, reason);
    });
  };

  return createSocketDoor(services, serve, {
    handleProtocols: (offered) => handleProtocols(offered),
  });
}

/** What graphql-ws throws at a message that is for clients alone. */
function isUnexpectedMessage(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type');
}

/** What a subscription is begun with. */
interface Prepared extends ExecutionArgs {
  readonly place: SubscriptionPlace;
}

const SUBSCRIPTIONS_ONLY: KindCheck = (kind) =>
  kind === OperationTypeNode.SUBSCRIPTION
    ? undefined
    : new GraphQLError('Send queries and mutations over HTTP.');

/** Closes the socket once what let its caller in is over: their session, or that authentication is off. */
function closeWhenOver(services: Services, actor: UserActor | OpenActor, socket: Socket): void {
  const close = () => socket.close(CloseCode.Forbidden, 'Forbidden');
  const stop =
    actor.kind === 'open'
      ? services.authSwitch.whenOn(close)
      : closeWithSession(services, actor, close);
  socket.onClose(stop);
  if (!socket.isOpen()) stop();
}

function closeWithSession(services: Services, actor: UserActor, close: () => void): () => void {
  const watch = watchSession(services, actor);
  watch.over.addEventListener('abort', close);
  return watch.stop;
}
