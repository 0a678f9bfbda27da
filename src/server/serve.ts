import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { logAuthState } from '../authentication/auth-switch.ts';
import { captureConsole } from '../adapters/console.ts';
import { createLog } from '../adapters/log.ts';
import { createApp } from './app.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { closeServices, createServices } from './create-services.ts';
import { migrate } from '../db/migrate/migrate.ts';
import { findUnsafe } from '../features/installation/safety.ts';
import { startCleanUp } from '../features/clean-up/job.ts';
import { startIssuerHeartbeat } from '../features/issuers/heartbeat.ts';
import { startFigures } from './figures.ts';
import { makeDefaultAdmin } from '../features/setup/first-user.ts';
import { forgetTokenAfterSetup, prepareSetup } from '../features/setup/waiting.ts';
import { startKeyUpkeep } from '../features/signing-keys/rotation.ts';
import { hasUsers } from '../features/users/store.ts';
import { explain, OperatorError } from '../core/operator-error.ts';
import type { Services } from '../core/services.ts';
import { listenForStop, type StopSignals } from './stop-signals.ts';
import { printSetup, printWelcome } from './welcome.ts';
import { VERSION } from '../core/version.ts';

/** Serves as the environment says until it is told to stop; resolves once it listens. */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = loadConfig(env);
  const signals = listenForStop();
  try {
    await migrateFor(config, signals);
    await start(config, signals);
  } catch (error) {
    signals.close();
    throw error;
  }
}

async function start(config: Config, signals: StopSignals): Promise<void> {
  const services = await createServices(config);
  captureConsole(services.log);
  await makeDefaultAdmin(services);
  const waiting = await prepareSetup(services);
  const app = createApp(services);
  const stopUpkeep = startKeyUpkeep(services);
  const stopHeartbeat = await startIssuerHeartbeat(services);
  const stopCleanUp = startCleanUp(services);
  const stopFigures = services.figures && startFigures(services.figures);
  const stopForgetting = waiting && forgetTokenAfterSetup(services);
  const stop = async (signal: string) => {
    const { shutdownDelaySeconds } = config;
    if (shutdownDelaySeconds > 0) {
      app.leave();
      services.log.info({ signal, seconds: shutdownDelaySeconds }, 'not ready');
      await sleep(shutdownDelaySeconds * 1000);
    }
    services.log.info({ signal }, 'draining');
    const deadline = performance.now() + config.drainSeconds * 1000;
    await app.drain();
    stopForgetting?.();
    stopFigures?.();
    await Promise.all([stopUpkeep(), stopHeartbeat(), stopCleanUp()]);
    await closeServices(services, Math.max(0, deadline - performance.now()));
    app.management?.closeAllConnections();
    app.management?.close();
    services.log.info({}, 'stopped');
    process.exit(0);
  };
  signals.mean((signal) => void stop(signal).catch(fail));

  await listen(app.server, { name: 'PORT', port: config.port, host: config.host });
  if (app.management) await listenForMachines(services, app.management);
  services.mail.start();
  await announce(services, app.server);
  if (waiting) printSetup(services.config, waiting);
}

/** Brings the database up to date. A stop ends the process, after the migration under way. */
async function migrateFor(config: Config, signals: StopSignals): Promise<void> {
  const log = createLog(config.logLevel);
  const { directDatabaseUrl, allowNewerDatabase: allowNewer } = config;
  const stop = new AbortController();
  signals.mean((name) => {
    log.info({ signal: name }, 'stopping after the migration under way');
    stop.abort();
  });
  const onApplied = (migration: string) => log.info({ migration }, 'migrated');
  try {
    await migrate(directDatabaseUrl, { allowNewer, log, onApplied, signal: stop.signal });
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  }
  signals.mean(() => {
    log.info({}, 'stopped');
    process.exit(0);
  });
}

async function listenForMachines({ config, log }: Services, server: Server): Promise<void> {
  const host = config.metricsHost;
  await listen(server, { name: 'METRICS_PORT', port: config.metricsPort ?? 0, host });
  log.info({ host, port: (server.address() as AddressInfo).port }, 'serving metrics');
}

interface Place {
  /** The variable that sets the port. */
  readonly name: string;
  readonly port: number;
  readonly host: string;
}

async function listen(server: Server, { name, port, host }: Place) {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw error;
    throw new OperatorError(`Port ${port} of ${host} is in use; set ${name} to another.`);
  }
}

async function announce(services: Services, server: Server): Promise<void> {
  const { config, db, log } = services;
  const { port } = server.address() as AddressInfo;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  const needsSetup = !(await hasUsers(db.prisma));
  const { profile } = config;
  log.info({ version: VERSION, url, database: db.engine.name, profile, needsSetup }, 'listening');
  await warnOfUnsafe(services);
  const address = config.port === 0 ? url : config.publicUrl;
  if (profile === 'development') {
    printWelcome(config, { address, isSetupOpen: needsSetup && config.openSetup });
  }
}

/** One line for each thing that is unsafe, as `doctor` says it. */
async function warnOfUnsafe(services: Services): Promise<void> {
  const { authSwitch, log } = services;
  const state = await authSwitch.state();
  if (state === 'on') logAuthState(log, state);
  for (const { code, message, hint } of await findUnsafe(services)) {
    log.warn({ finding: code }, `${message} ${hint}`);
  }
}

/** Says why, for an operator, and ends. */
export function fail(error: unknown): never {
  process.stderr.write(`vestibule: ${explain(error)}\n`);
  process.exit(1);
}
