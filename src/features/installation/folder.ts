import { existsSync, statSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { secretKeyFile } from '../../adapters/secret-key-file.ts';
import { setupTokenFile } from '../../adapters/setup-token-file.ts';
import type { Config } from '../../config/config.ts';
import { engineOf } from '../../db/engines/of-url.ts';
import { fault, type Finding, ok, warning } from './finding.ts';

const OTHERS = 0o077;

/** What is wrong with the files of an installation: who can write, who can read, and whether the key has a copy. */
export async function* folderFindings(config: Config): AsyncGenerator<Finding> {
  const { dataDir } = config;
  if (!existsSync(dataDir)) {
    yield warning(`DATA_DIR ${dataDir} is not there yet: the first start makes it`);
    return;
  }
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    yield ok(`DATA_DIR ${dataDir} can be written`);
  } catch {
    yield fault(`DATA_DIR ${dataDir} cannot be written by this user`);
  }
  yield* fileFindings(dataDir, filesOf(config));
  yield* keyFindings(config);
}

function filesOf({ databaseUrl, dataDir, secretKeys }: Config): readonly string[] {
  return [
    ...engineOf(databaseUrl).files(databaseUrl),
    ...(secretKeys.length > 0 ? [] : [secretKeyFile(dataDir)]),
    setupTokenFile(dataDir),
  ].filter((file) => existsSync(file));
}

function* fileFindings(dataDir: string, files: readonly string[]): Generator<Finding> {
  const { uid } = statSync(dataDir);
  for (const file of files) {
    const found = statSync(file);
    if ((found.mode & OTHERS) !== 0) yield fault(`${file} can be read by others: chmod 600 it`);
    if (found.uid !== uid) {
      yield fault(`${file} belongs to another user than ${dataDir}: give it to that one by chown`);
    }
  }
}

function* keyFindings({ dataDir, profile, secretKeys }: Config): Generator<Finding> {
  const file = secretKeyFile(dataDir);
  if (profile === 'development' || secretKeys.length > 0 || !existsSync(file)) return;
  yield warning(
    `the secret key lies in ${file} alone, and without it a backup of the database is of no use: keep it elsewhere too, and set SECRET_KEY_FILE to where the server reads it`,
  );
}
