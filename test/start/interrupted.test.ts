import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { engineOf } from '../../src/db/engines/of-url.ts';
import { createEmptyDatabase, providers } from '../support/database.ts';
import { type InterruptedStarts, openInterruptedStarts } from '../support/interrupted-starts.ts';
import { TEST_LONG } from '../support/long.ts';
import { INSTALLATION, run, temporaryFolder } from '../support/process.ts';

/** `npm run drill:migration` does a hundred of each. */
const ROUNDS = TEST_LONG ? 6 : 1;

describe.each(providers)('a start on %s that is ended while it migrates', (provider) => {
  let starts: InterruptedStarts;
  beforeAll(async () => {
    starts = await openInterruptedStarts(provider);
  });
  afterAll(() => starts.close());

  it.each([
    ['SIGKILL', 'an empty database'],
    ['SIGKILL', 'an older release'],
    ['SIGTERM', 'an empty database'],
    ['SIGTERM', 'an older release'],
  ] as const)('by %s from %s does not keep the next one from starting', async (signal, from) => {
    for (let round = 0; round < ROUNDS; round++) {
      expect((await starts.once({ signal, from })).faults).toEqual([]);
    }
  });
});

describe.each(providers)('a process that waits for another which migrates %s', (provider) => {
  it.each([
    ['server', ['dist/main.js'], 0],
    ['command', ['dist/cli.js', 'migrate', 'apply'], 143],
  ] as const)('stops at once at SIGTERM: the %s', async (_name, [script, ...args], exitCode) => {
    const { url, drop } = await createEmptyDatabase(provider);
    onTestFinished(drop);
    const session = await engineOf(url).migrations(url);
    onTestFinished(() => session.close());
    expect(await session.tryLock()).toBe(true);
    const env = { ...INSTALLATION, DATABASE_URL: url, DATA_DIR: temporaryFolder() };
    const { output, errorOutput, ended, stop } = run(env, script, args);
    const waits = 'waiting for another process that migrates the database';
    await expect.poll(() => output() + errorOutput(), { timeout: 30_000 }).toContain(waits);
    const begun = performance.now();
    await stop();
    const { code, output: said, errors } = await ended;
    // Far less than the minute that it waits.
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(code).toBe(exitCode);
    expect(said + errors).toContain('stopping after the migration under way');
    expect(await session.readRecords()).toEqual([]);
  });
});
