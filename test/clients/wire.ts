import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A GraphQL operation that came by. */
interface Passage {
  readonly name: string;
  readonly accept: string | undefined;
  readonly authorization: string | undefined;
}

type Mishap = 'request held' | 'answer held' | 'answer lost';

interface Trap {
  readonly name: string;
  readonly mishap: Mishap;
  readonly spring: () => void;
  readonly released: Promise<void>;
}

/** The network between clients and the server, where operations are counted, held up and lost. */
export async function startWire(target: string) {
  const passed: Passage[] = [];
  const traps: Trap[] = [];

  const pass = async (req: IncomingMessage, res: ServerResponse) => {
    const body = await buffer(req);
    const name = operationName(body);
    const { accept, authorization } = req.headers;
    if (name !== undefined) passed.push({ name, accept, authorization });
    const index = traps.findIndex((trap) => trap.name === name);
    const [trap] = index < 0 ? [] : traps.splice(index, 1);

    trap?.spring();
    if (trap?.mishap === 'request held') await trap.released;
    const answer = await forward(target, req, body);
    if (trap?.mishap === 'answer held') await trap.released;
    if (trap?.mishap === 'answer lost') {
      res.destroy();
      return;
    }
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  };

  const server = createServer((req, res) => void pass(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}/graphql`,
    /** Everything that came by since the last time it was asked. */
    takePassed: () => passed.splice(0),
    /** What befalls the next operation of this name that comes by. */
    trap: (name: string, mishap: Mishap) => {
      const { promise: sprung, resolve: spring } = withResolvers();
      const { promise: released, resolve: release } = withResolvers();
      traps.push({ name, mishap, spring, released });
      return { sprung, release };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(target: string, req: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers, url = '/' } = req;
    request(new URL(url, target), { method, headers }, resolve).on('error', reject).end(body);
  });
}

function operationName(body: Buffer): string | undefined {
  if (body.byteLength === 0) return undefined;
  return (JSON.parse(body.toString('utf8')) as { operationName?: string }).operationName;
}

/** Promise.withResolvers of Node 22. */
function withResolvers() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
