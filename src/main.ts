import { once } from 'node:events';
import { createApp } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { createServices } from './create-services.ts';
import { DatabaseError } from './db/errors.ts';
import { migrate } from './db/migrate.ts';
import { hasUsers } from './features/users/store.ts';
import type { Services } from './services.ts';

/** A start that fails says why in one line. */
class StartError extends Error {}

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  await migrate(config.databaseUrl);
  const services = await createServices(config);
  const app = createApp(services);
  await listen(app.server, config);
  await announce(services);

  const stop = async (signal: string) => {
    services.log.info({ signal }, 'draining');
    await app.drain();
    await services.db.close();
    services.log.info({}, 'stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(signal).then(() => process.exit(0)));
  }
}

async function listen(server: ReturnType<typeof createApp>['server'], config: Config) {
  server.listen(config.port, config.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw error;
    throw new StartError(`Port ${config.port} of ${config.host} is in use; set PORT to another.`);
  }
}

async function announce({ config, db, log }: Services): Promise<void> {
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  const needsSetup = !(await hasUsers(db));
  log.info({ url, database: db.provider, profile: config.profile, needsSetup }, 'listening');
  if (config.profile !== 'development') return;
  process.stdout.write(`\nVestibule is at ${config.publicUrl}\n`);
  if (config.graphiql) process.stdout.write(`GraphiQL:  ${config.publicUrl}/graphql\n`);
  if (needsSetup) {
    process.stdout.write('Setup is waiting: the first to run the tab "Setup" is the administrator.\n');
  }
}

/** The reason, for an operator: one line each, no stack for what is theirs to mend. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof StartError || error instanceof DatabaseError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`vestibule: ${explain(error)}\n`);
  process.exit(1);
}
