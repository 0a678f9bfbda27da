import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exchange, openConnection } from '../http/wire.ts';
import { processOfTest, temporaryFolder } from '../support/process.ts';
import { openRawWebSocket, PING } from '../support/raw-web-socket.ts';

const CREDENTIALS = { username: 'admin', password: 'correct horse battery' };
const PRODUCTION = {
  PROFILE: 'production',
  OPEN_SETUP: 'true',
  ARGON2_MEMORY_KIB: '19456',
  ARGON2_TIME: '2',
};

describe('a process under abuse', () => {
  it('writes JSON lines and nothing else, a few of each kind', async () => {
    const DATA_DIR = join(temporaryFolder(), 'data');
    const server = await processOfTest({ ...PRODUCTION, DATA_DIR });
    const post = (path: string, body: object, headers = {}) =>
      exchange(server.url, {
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    await post('/compat/quazzar-os/api/auth/setup', CREDENTIALS);
    const { body } = await post('/compat/quazzar-os/api/auth/login', CREDENTIALS);
    const { access_token: token } = body as { access_token: string };
    const init = JSON.stringify({
      type: 'connection_init',
      payload: { authorization: `Bearer ${token}` },
    });

    const abuse: ((socket: Awaited<ReturnType<typeof openRawWebSocket>>) => void)[] = [
      ({ send }) => send('{'),
      ({ send }) => send('{"id":"1","type":"next","payload":{}}'),
      ({ send }) => send('{"id":"1","type":"subscribe","payload":{"query":"{"}}'),
      ({ send }) => send('x'.repeat(70_000)),
      ({ frame }) => frame(3, Buffer.from('no such opcode')),
      ({ frame }) => frame(PING, Buffer.alloc(200)),
      ({ write }) => write(Buffer.alloc(1000, 0xff)),
      ({ send }) => {
        for (let sent = 0; sent < 1000; sent++) send('{"type":"ping"}');
      },
      ({ send }) => {
        for (let sent = 0; sent < 1000; sent++) {
          const payload = { query: 'subscription { sessionRevoked { current } }' };
          send(JSON.stringify({ id: `${sent}`, type: 'subscribe', payload }));
        }
      },
      ({ end }) => end(),
    ];
    for (let round = 0; round < 2; round++) {
      for (const act of abuse) {
        for (const first of [init, '{"type":"connection_init"}', '{"type":"ping"}']) {
          const socket = await openRawWebSocket(server.url);
          await socket.answer;
          socket.send(first);
          act(socket);
          socket.write(Buffer.alloc(10));
          setTimeout(socket.end, 500);
        }
      }
      for (const protocol of ['graphql-ws', '!', 'x'.repeat(5000)]) {
        const socket = await openRawWebSocket(server.url, { protocol });
        await socket.answer;
        socket.end();
      }
      for (const text of [
        'GET / HTTP/9.9\r\n\r\n',
        '\0\0\0',
        'POST /graphql HTTP/1.1\r\nx\r\n\r\n',
      ]) {
        const connection = await openConnection(server.url);
        connection.write(text);
        await connection.received;
      }
      const aborted = await openConnection(server.url);
      aborted.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n{');
      aborted.abort();
    }

    const { code, output, errors } = await server.stop();
    expect([code, errors]).toEqual([0, '']);
    const lines = output.trimEnd().split('\n');
    const read = lines.map((line) => JSON.parse(line) as { msg: string; kind?: string });
    const kinds = read.flatMap(({ kind }) => kind ?? []);
    expect(kinds.length).toBeGreaterThan(1);
    expect(kinds.toSorted()).toEqual([...new Set(kinds)].toSorted());
    expect(read.length).toBeLessThan(40);
  }, 60_000);
});
