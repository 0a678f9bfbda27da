import { loadConfig } from '../../config/config.ts';
import { migrate, migrationState, resolveMigration } from '../../db/migrate/migrate.ts';
import { describeRecord } from '../../db/migrate/history.ts';
import { OperatorError } from '../../core/operator-error.ts';
import { exitCodeOf, listenForStop } from '../../server/stop-signals.ts';
import type { Command } from './command.ts';

const UP_TO_DATE = 'the database is up to date\n';

export const migrateApplyCommand: Command = {
  usage: '',
  summary:
    'Brings the database up to date, as every start does. Waits where a process does it. A signal lets the migration under way finish.',
  options: {},
  positionals: 0,
  run: async ({ env, stdout, stderr }) => {
    const { directDatabaseUrl, allowNewerDatabase: allowNewer } = loadConfig(env);
    const say = (fields: object, message: string) =>
      void stderr.write(`${message} ${JSON.stringify(fields)}\n`);
    const onApplied = (name: string) => void stdout.write(`applied ${name}\n`);
    const log = { info: say, warn: say };
    const [signals, stop] = [listenForStop(), new AbortController()];
    signals.mean((signal) => {
      say({ signal }, 'stopping after the migration under way');
      stop.abort(signal);
    });
    try {
      const options = { allowNewer, onApplied, log, signal: stop.signal };
      const applied = await migrate(directDatabaseUrl, options);
      if (applied.length === 0) stdout.write(UP_TO_DATE);
      return 0;
    } catch (error) {
      if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
      return exitCodeOf(stop.signal.reason as NodeJS.Signals);
    } finally {
      signals.close();
    }
  },
};

export const migrateStatusCommand: Command = {
  usage: '',
  summary:
    'Names the migrations that the database lacks, those that were interrupted, and those of a newer release. Exits with 1 where there are some.',
  options: {},
  positionals: 0,
  run: async ({ env, stdout }) => {
    const { directDatabaseUrl, allowNewerDatabase } = loadConfig(env);
    const { pending, interrupted, unknown } = await migrationState(directDatabaseUrl);
    const broken = interrupted.map((record) => record.migration_name);
    for (const name of broken) stdout.write(`interrupted ${name}\n`);
    for (const { name } of pending.filter((one) => !broken.includes(one.name))) {
      stdout.write(`pending ${name}\n`);
    }
    for (const record of unknown) stdout.write(`newer ${describeRecord(record)}\n`);
    const isBehind = pending.length + interrupted.length > 0;
    if (!isBehind && unknown.length === 0) stdout.write(UP_TO_DATE);
    return isBehind || (unknown.length > 0 && !allowNewerDatabase) ? 1 : 0;
  },
};

export const migrateResolveCommand: Command = {
  usage: '--applied <migration> | --rolled-back <migration>',
  summary:
    'Records what became of an interrupted migration, where a start asks for it: whether the database has what the migration makes.',
  options: { applied: { type: 'string' }, 'rolled-back': { type: 'string' } },
  positionals: 0,
  run: async ({ env, stdout }, { values }) => {
    const { applied, 'rolled-back': rolledBack } = values;
    const name = applied ?? rolledBack;
    if (typeof name !== 'string' || (applied !== undefined && rolledBack !== undefined)) {
      throw new OperatorError(`usage: vestibule migrate resolve ${migrateResolveCommand.usage}`);
    }
    const as = applied === undefined ? 'rolled back' : 'applied';
    await resolveMigration(loadConfig(env).directDatabaseUrl, name, as);
    stdout.write(`recorded ${name} as ${as}\n`);
    return 0;
  },
};
