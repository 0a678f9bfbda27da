import { expect, it } from 'vitest';
import { LOGIN } from '../support/documents.ts';
import { startThrottledApp, type ThrottledApp } from '../support/guesses.ts';
import { readOutbox } from '../support/outbox.ts';
import { COMPLETE_PASSWORD_RESET, REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { createUser, PASSWORD, setUpAdmin } from '../support/people.ts';
import { expectTable } from '../support/throttle-figures.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** For how long the attacker has been at it when the owner comes. */
const BEFORE = HOUR;
const LONGEST = 30 * DAY;

const NAME = 'ada';
const EMAIL = 'ada@example.com';
const NEW_PASSWORD = 'staple of another kind';
const HOME = '192.0.2.1';
const IN = 'AuthPayload';

interface Attack {
  readonly who: string;
  readonly addresses: readonly string[];
}

const many = (count: number, address: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => address(i));

const ATTACKS: readonly Attack[] = [
  { who: 'one address', addresses: ['198.51.100.1'] },
  { who: '200 addresses of one network', addresses: many(200, (i) => `198.51.100.${i}`) },
  { who: '50 addresses of 10 networks', addresses: many(50, (i) => `10.1.${i % 10}.${i}`) },
  { who: '200 addresses of 200 networks', addresses: many(200, (i) => `10.1.${i}.1`) },
];

/**
 * Guesses at one moment from addresses that are new until it is refused, then from one that is not.
 * Answers the seconds until the next guess may be made.
 */
function attacker({ guess }: ThrottledApp, addresses: readonly string[]): () => Promise<number> {
  let fresh = 0;
  return async () => {
    const waits: number[] = [];
    while (fresh < addresses.length && waits.length === 0) {
      const outcome = await guess(NAME, addresses[fresh]!);
      if (typeof outcome === 'number') waits.push(outcome);
      else fresh += 1;
    }
    for (let i = 0; i < 5; i++) {
      const outcome = await guess(NAME, addresses[(fresh + i) % Math.max(fresh, 1)]!);
      if (typeof outcome === 'number') waits.push(outcome);
    }
    return waits.length === 0 ? 1 : Math.min(...waits);
  };
}

/** How long the owner of an account waits, who comes from each kind of place and tries at each moment. */
async function waitsUnder({ addresses }: Attack) {
  const stage = await startThrottledApp();
  try {
    const { app, signIn, guess, ask } = stage;
    const admin = await setUpAdmin(app);
    await createUser(app, admin.accessToken, NAME, { email: EMAIL });
    const input = { username: NAME, password: PASSWORD };
    const { cookie } = await ask(LOGIN, { input }, { address: HOME });

    const attack = attacker(stage, addresses);
    const start = app.clock.now().getTime();
    const passed = () => (app.clock.now().getTime() - start) / 1000 - BEFORE;
    while (passed() < 0) app.clock.step(Math.min(await attack(), Math.max(1, -passed())));
    await attack();

    const known = [
      await signIn(NAME, HOME),
      await guess(NAME, '172.16.1.1', PASSWORD, cookie),
      await afterReset(stage, '172.16.2.1'),
    ];
    const newcomer = async () => guess(NAME, '172.16.3.1', NEW_PASSWORD);
    let wait = await attack();
    // The attacker is always the first who tries.
    while ((await newcomer()) !== IN && passed() < LONGEST) {
      app.clock.step(wait);
      wait = await attack();
    }
    return { known, newcomer: passed() };
  } finally {
    await stage.app.close();
  }
}

/** Signs in where a link to reset the password was just used. */
async function afterReset({ app, ask, guess }: ThrottledApp, address: string) {
  await ask(REQUEST_PASSWORD_RESET, { input: { email: EMAIL } }, { address });
  await app.services.background.close();
  const mails = (await readOutbox(app.services)).filter(({ kind }) => /Link$/.test(kind));
  const token = /reset-password\?token=([\w-]+)/.exec(mails.at(-1)?.text ?? '')?.[1] ?? '';
  const input = { token, password: NEW_PASSWORD };
  await ask(COMPLETE_PASSWORD_RESET, { input }, { address });
  return guess(NAME, address, NEW_PASSWORD);
}

function inWords(seconds: number): string {
  if (seconds >= LONGEST) return 'more than 30 days';
  if (seconds < 1) return 'not at all';
  if (seconds < HOUR) return `${Math.ceil(seconds / MINUTE)} minutes`;
  return `${(Math.ceil((10 * seconds) / HOUR) / 10).toLocaleString('en')} hours`;
}

it('measures the waits that docs/throttles.md shows', { timeout: 300_000 }, async () => {
  const rows: string[] = [];
  for (const attack of ATTACKS) {
    const { known, newcomer } = await waitsUnder(attack);
    expect(known).toEqual([IN, IN, IN]);
    rows.push(`| ${attack.who} | ${inWords(newcomer)} | not at all |`);
  }
  const head = [
    '| An attacker goes on guessing from | The owner waits at a new place | … at a known place, in a known browser, or after a reset by mail |',
    '| --- | --- | --- |',
  ];
  expectTable('waits', head, rows);
});
