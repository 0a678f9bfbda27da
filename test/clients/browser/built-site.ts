import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'vite';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
};

/** One of the example front ends, built as its users build it, on an origin of its own. */
export async function startExample(name: 'apollo' | 'urql') {
  const files = new Map<string, string | Uint8Array>();
  const server = createServer((req, res) => {
    const path = req.url === '/' ? '/index.html' : (req.url ?? '');
    const content = files.get(path);
    res.writeHead(content === undefined ? 404 : 200, {
      'content-type': TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    });
    res.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    /** The server that it talks to is known when it is built. */
    build: async (serverUrl: string) => {
      const built = await build({
        root: `examples/${name}`,
        configFile: false,
        logLevel: 'warn',
        define: { 'import.meta.env.VITE_VESTIBULE_URL': JSON.stringify(serverUrl) },
        build: { write: false, reportCompressedSize: false, chunkSizeWarningLimit: 2000 },
      });
      for (const { output } of [built].flat() as { output: readonly OutputFile[] }[]) {
        for (const file of output) {
          files.set(`/${file.fileName}`, 'code' in file ? file.code : file.source);
        }
      }
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type OutputFile = { readonly fileName: string } & (
  { readonly code: string } | { readonly source: string | Uint8Array }
);
