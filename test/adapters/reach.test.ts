import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, vi } from 'vitest';
import { createReach } from '../../src/adapters/reach.ts';
import { createTracing } from '../../src/adapters/tracing.ts';
import type { Log } from '../../src/adapters/log.ts';

function collectLog() {
  const lines: string[] = [];
  const at = (level: string) => (_fields: object, message: string) => {
    lines.push(`${level} ${message}`);
  };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { lines, log };
}

it('logs one line when something goes away and one when it is back', () => {
  const { lines, log } = collectLog();
  const reach = createReach(log, { gone: 'it is gone', back: 'it is back' });
  reach.worked();
  expect(reach.isThere()).toBe(true);
  for (let i = 0; i < 5; i++) reach.failed(new Error('no'));
  expect(reach.isThere()).toBe(false);
  reach.worked();
  reach.worked();
  reach.failed(new Error('no'));
  expect(lines).toEqual(['warn it is gone', 'info it is back', 'warn it is gone']);
});

it('takes note of a collector that takes no traces, and of one that does again', async () => {
  const { lines, log } = collectLog();
  const reach = createReach(log, { gone: 'gone', back: 'back' });
  let status = 400;
  const server: Server = createServer((req, res) => {
    req.resume().on('end', () => res.writeHead(status).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = async () => {
    const tracing = await createTracing(url, reach);
    tracing.begin(undefined).end('one', {});
    await tracing.close();
  };
  await send();
  await send();
  expect(lines).toEqual(['warn gone']);
  status = 200;
  await send();
  await vi.waitFor(() => expect(lines).toEqual(['warn gone', 'info back']));
  server.close();
});
