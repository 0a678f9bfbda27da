import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  bindMigrationAwareSqlAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { Migration } from '../src/db/migrate/history.ts';
import type { Provider } from '../src/db/engines/engine.ts';

// The types of Node 20 leave WebAssembly to the DOM library.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

export interface SchemaEngine {
  /** Applies what is not applied yet and keeps `_prisma_migrations`; answers the names. */
  applyMigrations(history: readonly Migration[]): Promise<readonly string[]>;
  /** What `prisma migrate status` says of a database. */
  diagnose(history: readonly Migration[]): Promise<glue.DiagnoseMigrationHistoryOutput>;
  /** The SQL that leads from one schema to the other; undefined where they are the same. */
  diff(from: SchemaSource, to: SchemaSource): Promise<string | undefined>;
  close(): Promise<void>;
}

/** One side of a comparison. */
type SchemaSource =
  { readonly history: readonly Migration[] } | { readonly schema: string } | 'database';

const filters: glue.SchemaFilter = { externalTables: [], externalEnums: [] };
const timers = new Set<NodeJS.Timeout>();
let started: Promise<void> | undefined;
let open = 0;

/** Prisma Migrate as WebAssembly, so that no binary has to be fetched. */
export async function openSchemaEngine(
  provider: Provider,
  factory: SqlMigrationAwareDriverAdapterFactory,
): Promise<SchemaEngine> {
  started ??= start();
  await started;
  const adapters: SqlDriverAdapter[] = [];
  const engine = await glue.SchemaEngine.new(
    { datamodels: [['schema.prisma', datasource(provider)]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(collecting(factory, adapters)),
  );
  open++;
  return {
    applyMigrations: async (history) => {
      const migrationsList = migrationList(provider, history);
      return (await engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames;
    },
    diagnose: (history) => {
      const migrationsList = migrationList(provider, history);
      const optInToShadowDatabase = false;
      return engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase, filters });
    },
    diff: async (from, to) => {
      const sides = { from: diffTarget(provider, from), to: diffTarget(provider, to) };
      const { exitCode, stdout } = await engine.diff({
        ...sides,
        script: true,
        exitCode: true,
        filters,
      });
      return exitCode === 0 ? undefined : (stdout ?? '');
    },
    close: async () => {
      engine.free();
      if (--open === 0) dropTimers();
      await Promise.all(adapters.map((adapter) => adapter.dispose()));
    },
  };
}

/** The engine never closes the connections that it opens. */
function collecting(
  factory: SqlMigrationAwareDriverAdapterFactory,
  adapters: SqlDriverAdapter[],
): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => {
      const adapter = await factory.connect();
      adapters.push(adapter);
      return adapter;
    },
    connectToShadowDb: () => factory.connectToShadowDb(),
  };
}

async function start(): Promise<void> {
  const require = createRequire(import.meta.url);
  const glueFile = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(glueFile.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': { ...glue, ...collectingTimers() },
  });
  const exports = instance.exports as { __wbindgen_start(): void };
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
}

/** The engine never takes back the timers of its time limits; they would keep a process for seconds. */
function collectingTimers(): object {
  const name = Object.keys(glue).find((key) => key.startsWith('__wbg_setTimeout_'));
  if (name === undefined) return {};
  return {
    [name]: (callback: () => void, ms: number) => {
      const timer = setTimeout(callback, ms);
      timers.add(timer);
      return timer;
    },
  };
}

function dropTimers(): void {
  for (const timer of timers) clearTimeout(timer);
  timers.clear();
}

function datasource(provider: Provider): string {
  return `datasource db { provider = "${provider}" }`;
}

function diffTarget(provider: Provider, source: SchemaSource): glue.DiffTarget {
  if (source === 'database') {
    const files = [{ path: 'schema.prisma', content: datasource(provider) }];
    return { tag: 'schemaDatasource', files, configDir: '' };
  }
  if ('schema' in source) {
    const files = [{ path: 'schema.prisma', content: source.schema }];
    return { tag: 'schemaDatamodel', files };
  }
  return { tag: 'migrations', ...migrationList(provider, source.history) };
}

function migrationList(provider: Provider, history: readonly Migration[]): glue.MigrationList {
  return {
    baseDir: 'migrations',
    lockfile: { path: 'migration_lock.toml', content: `provider = "${provider}"` },
    shadowDbInitScript: '',
    migrationDirectories: history.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}
