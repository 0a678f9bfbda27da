import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/db/client.ts';
import { createTestDatabase, providers } from '../support/database.ts';
import { SETUP } from '../support/documents.ts';
import { send } from '../support/gql.ts';
import { REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { PASSWORD } from '../support/people.ts';
import { INSTALLATION, processOfTest } from '../support/process.ts';
import { startSmtp } from '../support/smtp.ts';

/** A mail server that takes connections and never says a word. */
async function startSilentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

describe.each(providers)('kill -9 between the commit and the mail on %s', (provider) => {
  it('loses no mail: the next process sends it, once', async () => {
    const database = await createTestDatabase(provider);
    onTestFinished(() => database.drop());
    const db = await connect({ databaseUrl: database.url });
    onTestFinished(() => db.close());
    const silent = await startSilentServer();
    const env = {
      ...INSTALLATION,
      DATABASE_URL: database.url,
      SMTP_URL: `smtp://127.0.0.1:${silent.port}`,
    };

    const first = await processOfTest(env);
    const email = 'owner@example.com';
    const account = { username: 'owner', password: PASSWORD, email };
    await send(first.url, SETUP, { input: account });
    await send(first.url, REQUEST_PASSWORD_RESET, { input: { email } });
    const reset = { kind: 'passwordResetLink' };
    await expect
      .poll(() => db.prisma.outboxMail.findFirst({ where: reset }), { timeout: 10_000 })
      .toMatchObject({ attempts: 1, sentAt: null });
    await expect.poll(() => silent.sockets.size).toBeGreaterThan(0);
    await first.stop('SIGKILL');
    await silent.close();

    const smtp = await startSmtp({ port: silent.port });
    onTestFinished(() => smtp.close());
    // The two minutes after which whoever sends is taken for dead.
    await db.prisma.outboxMail.updateMany({
      where: { ...reset, sentAt: null },
      data: { dueAt: new Date() },
    });
    await processOfTest(env);
    const arrived = () => smtp.mails.filter((mail) => mail.recipients.includes(email)).length;
    await expect.poll(arrived, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect
      .poll(() => db.prisma.outboxMail.findFirst({ where: reset }))
      .toMatchObject({ attempts: 2, sentAt: expect.any(Date), dueAt: null });
    const { messageId } = await db.prisma.outboxMail.findFirstOrThrow({ where: reset });
    expect(smtp.mails.filter(({ source }) => source.includes(messageId))).toHaveLength(1);
  });
});
