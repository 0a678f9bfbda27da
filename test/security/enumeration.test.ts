import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHasher, type Hasher } from '../../src/adapters/hasher.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { countingHasher } from '../support/hasher.ts';
import { LOGIN } from '../support/documents.ts';
import { listStatements } from '../support/statements.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { median, shareBelow } from '../support/statistics.ts';

/**
 * How many of each to time, at the settings of production. Without it the work is compared and not the
 * time: what a machine does beside the test is in the time too.
 */
const SAMPLES = Number(process.env['TIMING_SAMPLES'] ?? 0);
const REAL = { memoryKib: 19_456, time: 2, parallelism: 1, concurrency: 1, queueLimit: 10 };
const MONTHS = 40 * 24 * 3600;

const ACCOUNTS = {
  'a wrong password': 'Ada',
  'an unknown name': 'Zoe',
  'an unknown address': 'zoe@example.com',
  'a disabled account': 'Dot',
  'an account without a password': 'Nil',
} as const;
type Case = keyof typeof ACCOUNTS;
const CASES = Object.keys(ACCOUNTS) as Case[];

/** The door of GraphQL and those of the dialects. */
const DOORS: Readonly<Record<string, (username: string) => readonly [string, object]>> = {
  graphql: (username) => [
    '/graphql',
    { query: String(LOGIN), variables: { input: { username, password: 'wrong' } } },
  ],
  'quazzar-os': (username) => ['/api/auth/login', { username, password: 'wrong' }],
  dukatia: (username) => ['/api/v1/login', { name: username, secret: 'wrong' }],
};

async function startWithPeople(hasher: Hasher) {
  const app = await startApp({ hasher, env: { THROTTLE: 'on', TRUSTED_PROXIES: '127.0.0.1' } });
  await setUpAdmin(app);
  for (const name of ['Ada', 'Dot', 'Nil']) await registerUser(app, name);
  const { user } = app.services.db.prisma;
  await user.updateMany({ where: { username: 'Dot' }, data: { disabled: true } });
  await user.updateMany({ where: { username: 'Nil' }, data: { passwordHash: null } });
  return app;
}

let lastAddress = 0;
/** One guess of a stranger nobody heard of, long after anything that would still count. */
function guess(app: TestApp, door: keyof typeof DOORS, username: string) {
  app.clock.step(MONTHS);
  lastAddress += 1;
  const address = `198.51.${lastAddress >> 8}.${lastAddress & 255}`;
  const [path, body] = DOORS[door]!(username);
  return app.rest('POST', path, { body, headers: { 'x-forwarded-for': address } });
}

/** The time of sign-ins that fail, in milliseconds: turn by turn, so that noise comes to all alike. */
async function timeGuesses<C extends Case>(app: TestApp, cases: readonly C[], samples: number) {
  const times = Object.fromEntries(cases.map((name) => [name, [] as number[]])) as Record<
    C,
    number[]
  >;
  for (let round = -5; round < samples; round++) {
    for (const name of round % 2 ? cases : [...cases].reverse()) {
      const start = performance.now();
      await guess(app, 'graphql', ACCOUNTS[name]);
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  return times;
}

/**
 * Whether a stranger can tell two samples apart. By rank, five times its spread off the middle; and by
 * a tenth of the time, for on a quiet machine the rank alone sees the microseconds of a longer row.
 */
function isTellable(one: readonly number[], other: readonly number[]): boolean {
  const off = Math.abs(shareBelow(one, other) - 0.5);
  const apart = Math.abs(median(one) - median(other)) / Math.max(median(one), median(other));
  return off > 5 / Math.sqrt(6 * one.length) && apart > 0.1;
}

describe('a sign-in that fails', () => {
  let app: TestApp;
  const hashing = countingHasher();
  beforeAll(async () => {
    app = await startWithPeople(hashing.hasher);
  });
  afterAll(() => app.close());

  it.each(Object.keys(DOORS))('answers alike through %s whoever it is', async (door) => {
    const answers = [];
    for (const name of CASES) {
      const { status, text, headers } = await guess(app, door, ACCOUNTS[name]);
      const told = [...headers].filter(([key]) => key !== 'date' && key !== 'x-request-id');
      answers.push({ status, text, told });
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.text).toMatch(/INVALID_CREDENTIALS|Invalid username|credentials are inv/);
  });

  it.each(Object.keys(DOORS))('costs the same work through %s whoever it is', async (door) => {
    const costs = [];
    for (const name of CASES) {
      const before = hashing.checked();
      const statements = await listStatements(() => guess(app, door, ACCOUNTS[name]));
      costs.push({ passwords: hashing.checked() - before, statements: statements.length });
    }
    for (const cost of costs) expect(cost).toEqual(costs[0]);
    expect(costs[0]?.passwords).toBe(1);
    expect(costs[0]?.statements).toBeGreaterThan(2);
  });

  it('is held back alike whoever it is', async () => {
    const outcomes = [];
    for (const [i, name] of CASES.entries()) {
      app.clock.step(MONTHS);
      const seen = [];
      for (let attempt = 0; attempt < 9; attempt++) {
        const [path, body] = DOORS['graphql']!(ACCOUNTS[name]);
        const headers = { 'x-forwarded-for': `203.0.113.${i}` };
        seen.push((await app.rest('POST', path, { body, headers })).text);
        if (attempt > 5) app.clock.step(25);
      }
      outcomes.push(seen);
    }
    for (const seen of outcomes) expect(seen).toEqual(outcomes[0]);
    expect(outcomes[0]?.at(-1)).toMatch(/RATE_LIMITED|INVALID_CREDENTIALS/);
    expect(outcomes[0]?.[5]).toMatch(/RATE_LIMITED/);
  });

  it('tells a disabled account so only to who knows its password', async () => {
    const [path] = DOORS['quazzar-os']!('');
    const body = { username: 'Dot', password: PASSWORD };
    app.clock.step(MONTHS);
    expect((await app.rest('POST', path, { body })).status).toBe(403);
  });
});

const LONG = { timeout: 600_000 };

describe.skipIf(SAMPLES === 0)('the time of a sign-in that fails', () => {
  it('tells nobody whether there is such an account', LONG, async () => {
    const app = await startWithPeople(createHasher(REAL));
    try {
      const times = await timeGuesses(app, CASES, SAMPLES);
      for (const name of CASES.slice(1)) {
        const pair = [times['a wrong password'], times[name]] as const;
        const seen = `${median(pair[0]).toFixed(2)} ms, ${name} ${median(pair[1]).toFixed(2)} ms, below ${shareBelow(...pair).toFixed(3)}`;
        process.stdout.write(`a wrong password ${seen}\n`);
        expect(isTellable(...pair), seen).toBe(false);
      }
    } finally {
      await app.close();
    }
  });

  it.each([
    ['does nothing', () => Promise.resolve(false)],
    ['does half of the work', () => halfHasher().verify(undefined, 'wrong')],
  ])(
    'would tell if the hasher %s for an account that is not there',
    LONG,
    async (_what, verifyNothing) => {
      const hasher = createHasher(REAL);
      const leaky: Hasher = {
        ...hasher,
        verify: (hash, password) =>
          hash === undefined ? verifyNothing() : hasher.verify(hash, password),
      };
      const app = await startWithPeople(leaky);
      try {
        // What leaks so much shows in fewer.
        const times = await timeGuesses(app, ['a wrong password', 'an unknown name'], 80);
        expect(isTellable(times['a wrong password'], times['an unknown name'])).toBe(true);
      } finally {
        await app.close();
      }
    },
  );
});

const half = createHasher({ ...REAL, memoryKib: REAL.memoryKib / 2 });
function halfHasher(): Hasher {
  return half;
}
