import { describe, expect, it } from 'vitest';
import { head, openConnection } from '../http/wire.ts';
import { start, temporaryFolder } from './process.ts';

const BODY = '{"query":"{__typename}"}';
const HEAD = head('POST', '/graphql', {
  'content-type': 'application/json',
  'content-length': String(BODY.length),
});

/** A server with a request under way whose body is yet to come. */
async function startBusy(env: Record<string, string>) {
  const server = await start({ DATA_DIR: temporaryFolder(), ...env });
  const connection = await openConnection(server.url);
  connection.write(HEAD);
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { ...server, connection };
}

describe('a stop', () => {
  it.each([[['SIGTERM']], [['SIGINT', 'SIGINT', 'SIGTERM']]] as const)(
    'by %s lets what is under way finish and takes nothing new',
    async (signals) => {
      const { process, url, output, exited, connection } = await startBusy({ DRAIN_SECONDS: '10' });
      for (const signal of signals) {
        process.kill(signal);
        await expect.poll(output).toContain('"msg":"draining"');
      }
      await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');

      const begun = performance.now();
      connection.write(BODY);
      expect(await connection.received).toMatch(/^HTTP\/1.1 200 OK[^]*"__typename":"Query"/);
      expect(await exited).toMatchObject({
        code: 0,
        errors: '',
        output: expect.stringContaining('"msg":"stopped"') as string,
      });
      expect(performance.now() - begun).toBeLessThan(3000);
    },
  );

  it('cuts what is not done within DRAIN_SECONDS', async () => {
    const { process, exited, connection } = await startBusy({ DRAIN_SECONDS: '1' });
    const begun = performance.now();
    process.kill('SIGTERM');
    expect(await exited).toMatchObject({ code: 0, errors: '' });
    const took = performance.now() - begun;
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(4000);
    expect(await connection.received).toBe('');
  });
});
