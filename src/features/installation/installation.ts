import { createConnection } from 'node:net';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../adapters/clock.ts';
import { createSecretBox } from '../../adapters/secret-box.ts';
import { secretKeyFile } from '../../adapters/secret-key-file.ts';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../db/database.ts';
import { connect } from '../../db/client.ts';
import { pendingMigrations } from '../../db/migrate/migrate.ts';
import { readHistory } from '../../db/migrate/history.ts';
import { historyDirectory } from '../../db/history-folder.ts';
import { engineOf } from '../../db/engines/of-url.ts';
import { signingKeyPurpose } from '../signing-keys/key-ring.ts';
import { listSigningKeys } from '../signing-keys/store.ts';
import { hasUsers } from '../users/store.ts';
import { explain } from '../../core/operator-error.ts';
import { type Finding, fault, ok, warning } from './finding.ts';
import { folderFindings } from './folder.ts';
import { findUnsafe } from './safety.ts';

const CONNECT_MS = 5000;
const CLOCK_WARNING_MS = 5000;
/** Beyond this tokens that one machine makes are not yet, or no longer, good for another. */
const CLOCK_FAULT_MS = 60_000;
const SMTP_PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };

/** What is there outside the configuration. Reads, and makes nothing. */
export async function* installationFindings(config: Config): AsyncGenerator<Finding> {
  yield* folderFindings(config);
  const db = yield* openDatabase(config);
  try {
    if (db) yield* databaseFindings(db, config);
    const unsafe = await findUnsafe({ config, db, clock: systemClock });
    for (const { severity, message, hint } of unsafe) {
      yield { level: severity, says: `${message} ${hint}` };
    }
  } finally {
    await db?.close();
  }
  yield* mailFindings(config);
}

/** Returns undefined where there is no database that can be read. */
async function* openDatabase(config: Config): AsyncGenerator<Finding, Database | undefined> {
  const engine = engineOf(config.databaseUrl);
  if (!engine.exists(config.databaseUrl)) {
    yield warning('there is no database yet: the first start makes it');
    return undefined;
  }
  try {
    const pending = await pendingMigrations(config.directDatabaseUrl, config.allowNewerDatabase);
    if (pending.length > 0) {
      yield fault(
        `the database lacks ${pending.join(', ')}: run migrate apply, or start the server`,
      );
      return undefined;
    }
    const newest = (await readHistory(historyDirectory(engine.name))).at(-1);
    yield ok(`the ${engine.name} database answers and is up to date (${newest?.name})`);
  } catch (error) {
    yield fault(explain(error));
    return undefined;
  }
  return connect({ databaseUrl: config.databaseUrl, poolSize: 1 });
}

async function* databaseFindings(db: Database, config: Config): AsyncGenerator<Finding> {
  yield await secretFinding(db, config);
  yield await clockFinding(db);
  yield* hearingFindings(db, config);
  for (const url of config.replicaUrls) yield await replicaFinding(db, url);
  if (await hasUsers(db.prisma)) yield ok('setup is done');
  else if (config.openSetup) yield ok('setup is waiting');
  else yield ok('setup is waiting, and takes the setup token');
}

/** Whether the secret key is the one that the signing keys were sealed with. */
async function secretFinding(db: Database, { secretKeys, dataDir }: Config): Promise<Finding> {
  const file = secretKeyFile(dataDir);
  const made = existsSync(file) ? [readFileSync(file, 'utf8').trim()] : [];
  const [first, ...rest] = secretKeys.length > 0 ? secretKeys : made;
  const rows = await listSigningKeys(db);
  if (first === undefined) {
    return rows.length === 0
      ? warning('there is no secret key yet: the first start makes it')
      : fault(
          `there is neither SECRET_KEY nor ${file}: put back the one this database was made with`,
        );
  }
  try {
    const box = createSecretBox([first, ...rest]);
    for (const { id, privateJwk } of rows) box.open(privateJwk, signingKeyPurpose(id));
    return ok('the secret key opens what is stored');
  } catch {
    return fault('the secret key is not the one that this database was made with');
  }
}

async function clockFinding(db: Database): Promise<Finding> {
  const { readClock } = db.engine;
  if (!readClock) return ok('one clock: the database is a file');
  const asked = systemClock.now().getTime();
  const databaseTime = await readClock(db.prisma);
  const answered = systemClock.now().getTime();
  const apart = Math.abs(databaseTime - (asked + answered) / 2);
  const says = `this clock and that of the database are ${(apart / 1000).toFixed(1)} s apart`;
  if (apart > CLOCK_FAULT_MS) return fault(says);
  return apart > CLOCK_WARNING_MS ? warning(says) : ok(says);
}

/** Whether changes that other processes make by DATABASE_URL are heard. */
async function* hearingFindings(db: Database, { directDatabaseUrl }: Config) {
  const { listen } = db.engine;
  if (!listen) return;
  let error: unknown;
  const listener = listen({
    db,
    databaseUrl: directDatabaseUrl,
    channel: 'vestibule_doctor',
    onMessage: () => undefined,
    onGap: () => undefined,
    onError: (failure) => (error = failure),
  });
  while (!listener.isLive() && error === undefined) await sleep(10);
  await listener.close();
  yield error === undefined
    ? ok('changes of other processes are heard at once')
    : fault(`changes of other processes are heard after five seconds: ${explain(error)}`);
}

/** Whether a read replica is one, of this database. */
async function replicaFinding(db: Database, url: string): Promise<Finding> {
  const { host } = new URL(url);
  try {
    const replica = await connect({ databaseUrl: url, poolSize: 1 });
    try {
      const [own, its] = await Promise.all([db, replica].map(readIdentity));
      if (own?.system !== its?.system)
        return fault(`the read replica ${host} is not of this database`);
      return its?.isStandby
        ? ok(`the read replica ${host} answers`)
        : warning(`the read replica ${host} is no standby: nothing is read there`);
    } finally {
      await replica.close();
    }
  } catch (error) {
    return fault(`the read replica ${host} cannot be used: ${explain(error)}`);
  }
}

async function readIdentity({ prisma }: Database) {
  const [row] = await prisma.$queryRaw<{ system: string; isStandby: boolean }[]>`
    SELECT system_identifier::text AS "system", pg_is_in_recovery() AS "isStandby"
    FROM pg_control_system()`;
  return row;
}

async function* mailFindings({ smtpUrl, mailFolder }: Config): AsyncGenerator<Finding> {
  if (mailFolder !== undefined) yield ok(`mail goes to ${mailFolder}`);
  else if (smtpUrl !== undefined) yield await mailServerFinding(smtpUrl);
}

async function mailServerFinding(smtpUrl: string): Promise<Finding> {
  const { protocol, hostname, port } = new URL(smtpUrl);
  const where = { host: hostname, port: Number(port) || (SMTP_PORTS[protocol] ?? 25) };
  const socket = createConnection({ ...where, timeout: CONNECT_MS });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
    return ok(`the mail server ${where.host}:${where.port} can be reached`);
  } catch (error) {
    const reason =
      error instanceof Error && error.name !== 'AbortError' ? error.message : 'no answer';
    return fault(`the mail server ${where.host}:${where.port} cannot be reached: ${reason}`);
  } finally {
    socket.destroy();
  }
}
