import { describe, expect, it } from 'vitest';
import { head, openConnection } from '../http/wire.ts';
import { expectType } from '../support/app.ts';
import { REGISTER, SETUP } from '../support/documents.ts';
import { SEND_EMAIL_OTP } from '../support/email-documents.ts';
import { send } from '../support/gql.ts';
import { smtpOfTest } from '../support/mail-box.ts';
import { PASSWORD } from '../support/people.ts';
import { processOfTest, temporaryFolder } from '../support/process.ts';

const BODY = '{"query":"{__typename}"}';
const HEAD = head('POST', '/graphql', {
  'content-type': 'application/json',
  'content-length': String(BODY.length),
});

/** A server with a request under way whose body is yet to come. */
async function startBusy(env: Record<string, string>) {
  const server = await processOfTest({
    DATA_DIR: temporaryFolder(),
    PUBLIC_URL: 'http://vestibule.test',
    ...env,
  });
  const connection = await openConnection(server.url);
  connection.write(HEAD);
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { ...server, connection };
}

describe('a stop', () => {
  it.each([[['SIGTERM']], [['SIGINT', 'SIGINT', 'SIGTERM']]] as const)(
    'by %s lets what is under way finish and takes nothing new',
    async (signals) => {
      const { child, url, output, ended, connection } = await startBusy({ DRAIN_SECONDS: '10' });
      for (const signal of signals) {
        child.kill(signal);
        await expect.poll(output).toContain('"msg":"draining"');
      }
      await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');

      const begun = performance.now();
      connection.write(BODY);
      expect(await connection.received).toMatch(/^HTTP\/1.1 200 OK[^]*"__typename":"Query"/);
      expect(await ended).toMatchObject({
        code: 0,
        errors: '',
        output: expect.stringContaining('"msg":"stopped"') as string,
      });
      expect(performance.now() - begun).toBeLessThan(3000);
    },
  );

  it('goes on answering for SHUTDOWN_DELAY_SECONDS, and says at /readyz that it leaves', async () => {
    const server = await processOfTest({
      DATA_DIR: temporaryFolder(),
      PUBLIC_URL: 'http://vestibule.test',
      SHUTDOWN_DELAY_SECONDS: '2',
    });
    const statusOf = async (path: string) => (await fetch(server.url + path)).status;
    server.child.kill('SIGTERM');
    await expect.poll(() => statusOf('/readyz')).toBe(503);
    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/graphql?query={__typename}')).toBe(200);
    expect(server.output()).not.toContain('"msg":"draining"');
    const { code, output } = await server.ended;
    expect(code).toBe(0);
    expect(output).toMatch(/"msg":"not ready"[^]*"msg":"draining"[^]*"msg":"stopped"/);
  });

  it('is over at once by a second signal', async () => {
    const server = await processOfTest({
      DATA_DIR: temporaryFolder(),
      PUBLIC_URL: 'http://vestibule.test',
      SHUTDOWN_DELAY_SECONDS: '600',
    });
    server.child.kill('SIGINT');
    await expect.poll(server.output).toContain('"msg":"not ready"');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await server.stop('SIGTERM')).toMatchObject({ code: 143, errors: '' });
  });

  it('cuts what is not done within DRAIN_SECONDS, and the next start sends a mail that was', async () => {
    const hanging = await smtpOfTest({ beforeTaking: () => new Promise(() => undefined) });
    const env = { DATA_DIR: temporaryFolder(), PUBLIC_URL: 'http://vestibule.test' };
    const { url, stop, connection } = await startBusy({
      ...env,
      DRAIN_SECONDS: '1',
      SMTP_URL: hanging.url,
    });
    await causeMail(url);
    await expect.poll(hanging.mostOpen).toBe(1);
    const begun = performance.now();
    expect(await stop()).toMatchObject({ code: 0, errors: '' });
    const took = performance.now() - begun;
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(4000);
    expect(await connection.received).toBe('');

    const smtp = await smtpOfTest();
    await processOfTest({ ...env, SMTP_URL: smtp.url });
    await expect.poll(() => smtp.mails.length, { timeout: 10_000 }).toBe(1);
    expect(smtp.mails[0]?.recipients).toEqual(['ann@example.org']);
  });
});

/** A code that proves an address. */
async function causeMail(url: string) {
  await send(url, SETUP, { input: { username: 'admin', password: PASSWORD } });
  const input = { username: 'Ann', email: 'ann@example.org', password: PASSWORD };
  const { register } = await send(url, REGISTER, { input });
  await send(url, SEND_EMAIL_OTP, {}, expectType(register, 'AuthPayload').accessToken);
}
