import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Mailer, MailServerError } from '../../src/adapters/mailer.ts';
import { sendDue } from '../../src/features/mail/sender.ts';
import { createTestDatabase, providers, type TestDatabase } from '../support/database.ts';
import {
  DAY,
  failing,
  mailerTo,
  NEVER_MS,
  openBox,
  openEmptyBox,
  smtpOfTest,
} from '../support/mail-box.ts';
import { readOutbox } from '../support/outbox.ts';

describe.each(providers)('the mail sender on %s', (provider) => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase(provider);
  });

  afterAll(() => test.drop());

  it('waits longer after each failure, and gives up only after three days', async () => {
    const box = await openEmptyBox(test.url, { mailer: failing(new MailServerError('down')) });
    await box.insert();
    const begun = box.clock.now().getTime();
    const ageSeconds = () => (box.clock.now().getTime() - begun) / 1000;
    const waits: number[] = [];
    for (;;) {
      await box.round();
      const [mail] = await readOutbox(box);
      if (!mail?.dueAt) break;
      waits.push((mail.dueAt.getTime() - box.clock.now().getTime()) / 1000);
      box.clock.step(waits.length === 15 ? 3 * DAY - 3600 - ageSeconds() : (waits.at(-1) ?? 0));
    }
    expect(waits.slice(0, 9)).toEqual([15, 30, 60, 120, 240, 480, 900, 900, 900]);
    expect(waits.length).toBeGreaterThanOrEqual(19);
    expect(ageSeconds()).toBeGreaterThanOrEqual(3 * DAY);
    expect(await box.db.prisma.outboxMail.findFirst()).toMatchObject({
      sentAt: null,
      failedAt: box.clock.now(),
      lastError: 'down',
      body: '',
    });
    expect(box.logged.at(-1)?.message).toBe('mail given up');
  });

  it('still tries what waited for weeks before it could be sent at all', async () => {
    const box = await openEmptyBox(test.url, { mailer: failing(new Error('no')) });
    await box.insert();
    box.clock.step(40 * DAY);
    await box.round();
    expect(await readOutbox(box)).toMatchObject([{ attempts: 1, failedAt: null }]);
  });

  it('sends again what a dead process had begun, with the same message id', async () => {
    const ids: string[] = [];
    const hanging: Mailer = {
      send: ({ messageId }) => {
        ids.push(messageId);
        return new Promise(() => undefined);
      },
    };
    const dead = await openEmptyBox(test.url, { mailer: hanging });
    await dead.insert();
    dead.sender.start();
    await vi.waitFor(() => expect(ids).toHaveLength(1), 15_000);

    const smtp = await smtpOfTest();
    const heir = mailerTo(smtp);
    await sendDue(dead, heir);
    expect(smtp.mails).toEqual([]);
    dead.clock.step(119);
    await sendDue(dead, heir);
    expect(smtp.mails).toEqual([]);
    dead.clock.step(1);
    await sendDue(dead, heir);
    expect(smtp.mails.map(({ email }) => email.messageId)).toEqual(ids);
  });

  it('does not take the word of a sender whose lease ended', async () => {
    let fail: (error: Error) => void = () => undefined;
    const slow: Mailer = { send: () => new Promise((_resolve, reject) => (fail = reject)) };
    const box = await openEmptyBox(test.url, { mailer: slow });
    await box.insert();
    box.sender.start();
    await vi.waitFor(
      async () => expect(await readOutbox(box)).toMatchObject([{ attempts: 1 }]),
      15_000,
    );
    box.clock.step(120);
    const smtp = await smtpOfTest();
    await sendDue(box, mailerTo(smtp));
    fail(new MailServerError('too late'));
    await box.sender.close(NEVER_MS);
    expect(await box.db.prisma.outboxMail.findFirst()).toMatchObject({
      attempts: 2,
      sentAt: box.clock.now(),
      dueAt: null,
      lastError: null,
    });
  });

  it('waits at close for what is under way and begins nothing more', async () => {
    let take: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => (take = resolve));
    const smtp = await smtpOfTest({ beforeTaking: () => taken });
    const box = await openEmptyBox(test.url, { mailer: mailerTo(smtp) });
    for (let i = 0; i < 10; i++) await box.insert();
    box.sender.start();
    await vi.waitFor(() => expect(smtp.mostOpen()).toBe(4), 15_000);
    let isClosed = false;
    const closing = box.sender.close(NEVER_MS).then(() => (isClosed = true));
    await sleep(50);
    expect(isClosed).toBe(false);
    take();
    await closing;
    expect(smtp.mails).toHaveLength(4);
    expect(await readOutbox(box)).toHaveLength(6);
    box.sender.wake();
    await sleep(50);
    expect(smtp.mails).toHaveLength(4);
  });

  it('cuts at close what takes too long, and leaves it for the next start', async () => {
    const hanging = await smtpOfTest({ beforeTaking: () => new Promise(() => undefined) });
    const box = await openEmptyBox(test.url, { mailer: mailerTo(hanging) });
    await box.insert();
    box.sender.start();
    await vi.waitFor(() => expect(hanging.mostOpen()).toBe(1), 15_000);
    const begun = performance.now();
    await box.sender.close(100);
    expect(performance.now() - begun).toBeLessThan(5000);
    const [left] = await readOutbox(box);
    expect(left).toMatchObject({ attempts: 1, sentAt: null, dueAt: box.clock.now() });

    const smtp = await smtpOfTest();
    const next = await openBox(test.url, { mailer: mailerTo(smtp) });
    next.sender.start();
    await vi.waitFor(() => expect(smtp.mails).toHaveLength(1), 15_000);
    await next.sender.close(NEVER_MS);
    expect(smtp.mails[0]?.email.messageId).toBe(left?.messageId);
  });

  it('sends what arrives while it sends, and looks by itself now and then', async () => {
    const smtp = await smtpOfTest();
    const box = await openEmptyBox(test.url, { mailer: mailerTo(smtp), pollMs: 50 });
    box.sender.start();
    for (let i = 0; i < 10; i++) {
      await box.insert();
      box.sender.wake();
    }
    await vi.waitFor(() => expect(smtp.mails).toHaveLength(10), 15_000);
    await box.insert();
    await vi.waitFor(() => expect(smtp.mails).toHaveLength(11), 15_000);
    await box.sender.close(NEVER_MS);
  });

  it('keeps mail where it has nowhere to go', async () => {
    const box = await openEmptyBox(test.url);
    await box.insert();
    box.sender.start();
    box.sender.wake();
    await box.sender.close(NEVER_MS);
    expect(await readOutbox(box)).toMatchObject([{ attempts: 0 }]);
  });
});
