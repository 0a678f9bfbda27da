import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { transaction } from '../../src/db/transaction.ts';
import { createMailSender } from '../../src/features/mail/sender.ts';
import { insertMail } from '../../src/features/mail/store.ts';
import { createTestDatabase, providers, type TestDatabase } from '../support/database.ts';
import { ANN, mailerTo, NEVER_MS, openBox, openEmptyBox, smtpOfTest } from '../support/mail-box.ts';
import { readOutbox } from '../support/outbox.ts';

describe.each(providers)('the outbox on %s', (provider) => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase(provider);
  });

  afterAll(() => test.drop());

  it('keeps a mail with the change it tells of, sealed, until it is sent', async () => {
    const box = await openEmptyBox(test.url);
    await transaction(box.db, async (tx) => {
      await tx.setting.create({ data: { key: 'k', value: '', updatedAt: box.clock.now() } });
      await insertMail(tx, box.compose(ANN));
    });
    const [mail, ...more] = await readOutbox(box);
    expect(more).toEqual([]);
    expect(mail).toMatchObject({
      messageId: `<${mail?.id}@example.com>`,
      kind: 'refreshTokenReused',
      toAddress: 'ann@example.org',
      toName: 'Ann',
      subject: 'We signed a device of yours out',
      text: expect.stringContaining('192.0.2.7'),
      attempts: 0,
      sentAt: null,
    });
    const { body } = await box.db.prisma.outboxMail.findFirstOrThrow();
    expect(body).not.toContain('192.0.2.7');
  });

  it('keeps no mail of a transaction that fails, and none for who has no address', async () => {
    const box = await openEmptyBox(test.url);
    const failing = transaction(box.db, async (tx) => {
      await insertMail(tx, box.compose(ANN));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await transaction(box.db, (tx) => insertMail(tx, box.compose({ email: null })));
    expect(await readOutbox(box)).toEqual([]);
  });

  it('sends what waited through a restart, and forgets what it said', async () => {
    const first = await openEmptyBox(test.url);
    await first.insert();
    const [{ messageId } = { messageId: '' }] = await readOutbox(first);
    await first.db.close();

    const smtp = await smtpOfTest();
    const second = await openBox(test.url, { mailer: mailerTo(smtp) });
    second.sender.start();
    await vi.waitFor(() => expect(smtp.mails).toHaveLength(1), 15_000);
    expect(smtp.mails[0]?.email).toMatchObject({ messageId, to: [{ address: ANN.email }] });
    await second.sender.close(NEVER_MS);
    expect(await second.db.prisma.outboxMail.findFirst()).toMatchObject({
      body: '',
      attempts: 1,
      dueAt: null,
      sentAt: second.clock.now(),
    });
    second.sender.start();
    second.sender.wake();
    await second.sender.close(NEVER_MS);
    expect(smtp.mails).toHaveLength(1);
  });

  it('sends 100 mails once each from two senders, not too many at a time', async () => {
    const smtp = await smtpOfTest();
    const mailer = mailerTo(smtp);
    const box = await openEmptyBox(test.url, { mailer });
    // Of two clients that write to one SQLite file in one process one waits with the other's thread.
    const other =
      provider === 'sqlite'
        ? createMailSender(box, NEVER_MS)
        : (await openBox(test.url, { mailer })).sender;
    for (let i = 0; i < 100; i++) await box.insert({ ...ANN, email: `n${i}@example.org` });
    box.sender.start();
    other.start();
    await vi.waitFor(() => expect(smtp.mails).toHaveLength(100), 15_000);
    await Promise.all([box.sender.close(NEVER_MS), other.close(NEVER_MS)]);
    const recipients = new Set(smtp.mails.flatMap((mail) => mail.recipients));
    expect(recipients.size).toBe(100);
    expect(smtp.mails).toHaveLength(100);
    expect(smtp.mostOpen()).toBeLessThanOrEqual(8);
    expect(await readOutbox(box)).toEqual([]);
  });

  it('loses nothing while the mail server is down, and sends it when it is up again', async () => {
    const { url, port, close } = await smtpOfTest();
    await close();
    const box = await openEmptyBox(test.url, { mailer: mailerTo({ url }) });
    for (let i = 0; i < 9; i++) await box.insert({ ...ANN, email: `n${i}@example.org` });
    await box.round();
    const attempts = (await readOutbox(box)).map((mail) => mail.attempts);
    expect(attempts.filter(Boolean).length).toBeLessThanOrEqual(4);
    expect(attempts).toHaveLength(9);
    expect(box.logged).toContainEqual({
      message: 'mail not sent yet',
      fields: expect.objectContaining({
        why: 'serverDown',
        error: expect.stringContaining('ECONNREFUSED'),
      }),
    });

    const smtp = await smtpOfTest({ port });
    await box.round();
    expect(smtp.mails.length).toBe(9 - attempts.filter(Boolean).length);
    box.clock.step(15);
    await box.round();
    expect(smtp.mails).toHaveLength(9);
  });

  it('sends the others where one recipient is refused', async () => {
    const smtp = await smtpOfTest({ refuses: ['ann@example.org'] });
    const box = await openEmptyBox(test.url, { mailer: mailerTo(smtp) });
    await box.insert();
    for (let i = 0; i < 9; i++) await box.insert({ ...ANN, email: `n${i}@example.org` });
    box.clock.step(1);
    await box.insert({ ...ANN, email: 'no address at all' });
    await box.round();
    expect(smtp.mails).toHaveLength(9);
    expect(await readOutbox(box)).toMatchObject([
      { attempts: 1, lastError: expect.stringContaining('no such mailbox') },
      { attempts: 1, lastError: 'the recipient is not one plain address' },
    ]);
    expect(JSON.stringify(box.logged)).not.toContain('example.org');
  });
});
