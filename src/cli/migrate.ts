import { loadConfig } from '../config.ts';
import { migrate, pendingMigrations } from '../db/migrate.ts';
import type { Command } from './command.ts';

export const migrateApplyCommand: Command = {
  usage: '',
  summary: 'Brings the database up to date, as every start does. Waits where a process does it.',
  options: {},
  positionals: 0,
  run: async ({ env, stdout }) => {
    const applied = await migrate(loadConfig(env).directDatabaseUrl);
    for (const name of applied) stdout.write(`applied ${name}\n`);
    if (applied.length === 0) stdout.write('the database is up to date\n');
    return 0;
  },
};

export const migrateStatusCommand: Command = {
  usage: '',
  summary: 'Names the migrations that the database lacks, and exits with 1 where there are some.',
  options: {},
  positionals: 0,
  run: async ({ env, stdout }) => {
    const pending = await pendingMigrations(loadConfig(env).directDatabaseUrl);
    for (const name of pending) stdout.write(`pending ${name}\n`);
    if (pending.length === 0) stdout.write('the database is up to date\n');
    return pending.length === 0 ? 0 : 1;
  },
};
