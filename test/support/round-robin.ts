import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Front {
  /** Where it listens. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** A load balancer without affinity: each request goes to the next of the servers, as a stream. */
export async function startRoundRobin(urls: readonly string[]): Promise<Front> {
  const agent = new Agent({ keepAlive: true });
  const targets = urls.map((url) => new URL(url));
  let turn = 0;

  const server = createServer((incoming, answer) => {
    const { hostname, port } = targets[turn++ % targets.length]!;
    const { method, url: path, headers, socket } = incoming;
    const came = [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean).join(', ');
    const onward = request({
      agent,
      hostname,
      port,
      method,
      path,
      headers: { ...headers, 'x-forwarded-for': came },
    });
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(answer);
    });
    onward.on('error', () => {
      if (!answer.headersSent) answer.writeHead(502);
      answer.end();
    });
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
