import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { readHistory } from '../../src/db/migrate/history.ts';
import { historyDirectory } from '../../src/db/history-folder.ts';
import { postgresUrl, providers } from '../support/database.ts';
import { emptyDatabase, historyOf, migrationSession } from '../support/histories.ts';

describe.each(providers)('migrate on %s', (provider) => {
  it('gives up waiting for another that migrates', async () => {
    const url = await emptyDatabase(provider);
    expect(await (await migrationSession(url)).tryLock()).toBe(true);
    await expect(migrate(url, { lockTimeoutMs: 200 })).rejects.toThrow(
      /^Another process still migrates the database( \(process \d+ of the server.*\))? after 1 seconds\.$/,
    );
  });

  it('stops at once where it is told to while it waits for another', async () => {
    const url = await emptyDatabase(provider);
    expect(await (await migrationSession(url)).tryLock()).toBe(true);
    const stop = new AbortController();
    const says: string[] = [];
    const info = (_fields: object, message: string) => {
      says.push(message);
      stop.abort();
    };
    const log = { info, warn: info };
    await expect(migrate(url, { signal: stop.signal, log })).rejects.toThrow(/abort/i);
    expect(says).toEqual(['waiting for another process that migrates the database']);
  });

  it('stops after the migration under way, and goes on from there', async () => {
    const url = await emptyDatabase(provider);
    const names = (await readHistory(historyDirectory(provider))).map(({ name }) => name);
    const applied: string[] = [];
    const stop = new AbortController();
    const onApplied = (name: string) => {
      if (applied.push(name) === 3) process.kill(process.pid, 'SIGUSR2');
    };
    process.once('SIGUSR2', () => stop.abort());
    await expect(migrate(url, { signal: stop.signal, onApplied })).rejects.toThrow(/abort/i);
    expect(applied.length).toBeLessThan(names.length);
    expect(await migrate(url)).toEqual(names.slice(applied.length));
  });
});

describe.skipIf(postgresUrl === undefined)('migrate beside requests', () => {
  it('gives up a table that is in use, so that nobody waits behind it, and tries again', async () => {
    const url = await emptyDatabase('postgresql');
    const first = { '0001_first': 'CREATE TABLE "a" ("id" INTEGER);' };
    await migrate(url, { directory: await historyOf(first) });
    const user = new pg.Client(url);
    await user.connect();
    onTestFinished(() => user.end());
    await user.query('BEGIN; LOCK TABLE "a" IN ACCESS SHARE MODE');
    const next = { '0002_next': 'ALTER TABLE "a" ADD COLUMN "b" TEXT;' };
    const directory = await historyOf({ ...first, ...next });
    await expect(migrate(url, { directory, lockTimeoutMs: 1 })).rejects.toThrow(
      /^Migration 0002_next was undone: the tables that it changes are in use after 1 seconds\.$/,
    );

    const log = { info: () => void user.query('COMMIT'), warn: () => undefined };
    expect(await migrate(url, { directory, log })).toEqual(['0002_next']);
  });
});
