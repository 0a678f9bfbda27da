import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { connect } from '../src/db/client.ts';
import { migrate } from '../src/db/migrate/migrate.ts';
import { BENCH_PASSWORD, userNameOf } from './people.ts';

export interface BenchDatabase {
  readonly url: string;
  readonly drop: () => Promise<unknown>;
}

const BATCH = 500;

/** A fresh SQLite database with that many accounts. */
export async function makeSqlite(folder: string, users: number): Promise<BenchDatabase> {
  const url = `file:${join(folder, 'bench.db')}`;
  await fill(url, users);
  return { url, drop: () => rm(folder, { recursive: true, force: true }) };
}

/** The same on a PostgreSQL server where databases may be made. */
export async function makePostgresql(serverUrl: string, users: number): Promise<BenchDatabase> {
  const database = await makeEmptyPostgresql(serverUrl);
  await fill(database.url, users);
  return database;
}

/** A database with nothing in it. */
export async function makeEmptyPostgresql(serverUrl: string): Promise<BenchDatabase> {
  const name = `vestibule_bench_${randomUUID()}`;
  await onServer(serverUrl, `CREATE DATABASE "${name}"`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return {
    url: url.href,
    drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  };
}

/** Everybody has the same password and so the same hash: one is enough to measure signing in. */
async function fill(databaseUrl: string, users: number): Promise<void> {
  await migrate(databaseUrl);
  const passwordHash = await hash(BENCH_PASSWORD, {
    memoryCost: 19_456,
    timeCost: 2,
    parallelism: 1,
  });
  const db = await connect({ databaseUrl });
  const now = new Date();
  for (let from = 0; from < users; from += BATCH) {
    const data = Array.from({ length: Math.min(BATCH, users - from) }, (_, index) => {
      const username = userNameOf(from + index);
      return {
        id: randomUUID(),
        username,
        usernameKey: username,
        handleKey: username,
        passwordHash,
        systemRole: from + index === 0 ? ('ADMIN' as const) : ('USER' as const),
        createdAt: now,
        updatedAt: now,
      };
    });
    await db.prisma.user.createMany({ data });
  }
  await db.close();
}

/** Runs one statement on a connection of its own. */
export async function onServer<Row extends pg.QueryResultRow>(
  url: string,
  statement: string,
): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}
