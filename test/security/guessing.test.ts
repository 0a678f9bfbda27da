import { expect, it } from 'vitest';
import { LOGIN } from '../support/documents.ts';
import { startThrottledApp } from '../support/guesses.ts';
import { setUpAdmin } from '../support/people.ts';
import { expectTable, isWriting } from '../support/throttle-figures.ts';

const HOUR = 3600;
const STEP = 7.2;

/** Every door that takes a password for a name. */
const DOORS: readonly ((name: string) => readonly [string, object])[] = [
  (name) => [
    '/graphql',
    { query: String(LOGIN), variables: { input: { username: name, password: 'wrong' } } },
  ],
  (name) => ['/api/auth/login', { username: name, password: 'wrong' }],
  (name) => ['/compat/quazzar-os/api/auth/login', { username: name, password: 'wrong' }],
  (name) => ['/api/v1/login', { name, secret: 'wrong' }],
  (name) => ['/compat/dukatia/api/v1/login', { name, secret: 'wrong' }],
];

interface Attack {
  readonly who: string;
  readonly guesses: number;
  /** As many find the same, where it is only to be checked. */
  readonly enough: number;
  /** From where a guess comes. */
  readonly addressOf: (guess: number) => string;
  readonly nameOf: (guess: number) => string;
}

const inOneNetwork = (addresses: number) => (guess: number) => `198.51.100.${guess % addresses}`;

const ATTACKS: readonly Attack[] = [
  {
    who: '200 addresses of one network at one account, through every door',
    guesses: 10_000,
    enough: 500,
    addressOf: inOneNetwork(200),
    nameOf: () => 'admin',
  },
  {
    who: '200 addresses of 200 networks at one account, through every door',
    guesses: 10_000,
    enough: 1000,
    addressOf: (guess) => `10.1.${guess % 200}.1`,
    nameOf: () => 'admin',
  },
  {
    who: 'one address at one account',
    guesses: 1000,
    enough: 500,
    addressOf: inOneNetwork(1),
    nameOf: () => 'admin',
  },
  {
    who: 'one address at a list of accounts',
    guesses: 1000,
    enough: 1000,
    addressOf: inOneNetwork(1),
    nameOf: (guess) => `name ${guess}`,
  },
];

/** How many passwords are checked of so many guesses, spread evenly over an hour. */
async function checkedInAnHour({ addressOf, nameOf, ...attack }: Attack): Promise<number> {
  const guesses = isWriting ? attack.guesses : attack.enough;
  const atOnce = (guesses * STEP) / HOUR;
  const { app, checked } = await startThrottledApp();
  try {
    await setUpAdmin(app);
    for (let sent = 0; sent < guesses; sent += atOnce) {
      const round = Array.from({ length: atOnce }, (_, i) => {
        const guess = sent + i;
        const [path, body] = DOORS[guess % DOORS.length]!(nameOf(guess));
        const headers = { 'x-forwarded-for': addressOf(guess) };
        return app.rest('POST', path, { body, headers });
      });
      const statuses = (await Promise.all(round)).map(({ status }) => status);
      for (const status of statuses) expect([200, 400, 401, 429]).toContain(status);
      app.clock.step(STEP);
    }
    return checked();
  } finally {
    await app.close();
  }
}

const number = (value: number) => value.toLocaleString('en');

it('measures the figures that docs/throttles.md shows', { timeout: 300_000 }, async () => {
  const rows: string[] = [];
  for (const attack of ATTACKS) {
    const checked = await checkedInAnHour(attack);
    rows.push(`| ${attack.who} | ${number(attack.guesses)} | ${number(checked)} |`);
  }
  const head = ['| In one hour | Guesses | Passwords checked |', '| --- | ---: | ---: |'];
  expectTable('guesses', head, rows);
});
