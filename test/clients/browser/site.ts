import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const HTML = '<!doctype html><title>Front end</title><script src="/page.js"></script>';

export type Site = Awaited<ReturnType<typeof startSite>>;

/** The front end of the tests, bundled and served from an origin of its own. */
export async function startSite() {
  const script = await bundle(fileURLToPath(new URL('./page.ts', import.meta.url)));
  const server = createServer((req, res) => {
    const isScript = req.url === '/page.js';
    res.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    res.end(isScript ? script : HTML);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Another site than 127.0.0.1, where the server is.
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bundle(input: string): Promise<string> {
  const build = await rolldown({ input, platform: 'browser', logLevel: 'warn' });
  const { output } = await build.generate({ format: 'iife' });
  await build.close();
  return output[0].code;
}
