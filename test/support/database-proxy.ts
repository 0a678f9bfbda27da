import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Between an app and its PostgreSQL server: can let connections wait for ever. */
export interface DatabaseProxy {
  /** What the app connects to in place of the server. */
  readonly url: string;
  /** From now on nobody who wants to listen gets through. */
  readonly hold: () => void;
  /** From now on nothing passes on the connections that there are, and none of them is closed. */
  readonly silence: () => void;
  /** Breaks what is held off, and lets everybody through again. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
}

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const held = new Set<Socket>();
  const passing = new Set<readonly [Socket, Socket]>();
  let holds = false;

  const proxy = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', (startup) => {
      if (holds && startup.includes('vestibule listener')) {
        held.add(client);
        return;
      }
      const server = connect(Number(target.port || 5432), target.hostname);
      server.on('error', () => client.destroy());
      server.on('close', () => client.destroy());
      client.on('close', () => server.destroy());
      server.write(startup);
      server.pipe(client).pipe(server);
      const pair = [client, server] as const;
      passing.add(pair);
      client.on('close', () => passing.delete(pair));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  const release = () => {
    holds = false;
    for (const client of held) client.destroy();
    held.clear();
  };
  return {
    url: url.href,
    hold: () => {
      holds = true;
    },
    silence: () => {
      for (const [client, server] of passing) {
        server.unpipe(client);
        client.unpipe(server);
        // What comes is taken and lost.
        server.resume();
        client.resume();
      }
    },
    release,
    close: () => {
      release();
      return new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
