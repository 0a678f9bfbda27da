import { PrismaPg } from '@prisma/adapter-pg';
import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { openPostgresql } from '../src/db/engines/postgresql/database.ts';
import { connectionConfig } from '../src/db/engines/postgresql/pool.ts';

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;

const CHAR = 18;
const TEXT = 25;

/**
 * The PostgreSQL adapter as the schema engine needs it: one connection, because the engine's lock
 * belongs to a connection; a migration as one message, which the server runs whole or not at all, where
 * the stock adapter cuts it at every semicolon; and a scratch database that really is another one.
 */
export function postgresqlSchemaAdapter(url: string): PrismaPg {
  const factory = singleConnection(url);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => forSchemaEngine(await connect());
  factory.connectToShadowDb = () => connectToScratchDatabase(url);
  return factory;
}

function singleConnection(url: string): PrismaPg {
  return new PrismaPg({ ...connectionConfig(url), max: 1, idleTimeoutMillis: 0 });
}

async function connectToScratchDatabase(url: string): Promise<Adapter> {
  const owner = await openPostgresql(url);
  const made = await owner.query<{ id: string }>('SELECT gen_random_uuid() AS id');
  const name = `vestibule_scratch_${made.rows[0]?.id}`;
  await owner.query(`CREATE DATABASE "${name}"`);
  const scratchUrl = new URL(url);
  scratchUrl.pathname = name;
  const adapter = forSchemaEngine(await singleConnection(scratchUrl.href).connect());
  const dispose = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await dispose();
    await owner.query(`DROP DATABASE "${name}" WITH (FORCE)`);
    await owner.end();
  };
  return adapter;
}

function forSchemaEngine(adapter: Adapter): Adapter {
  const pool = adapter.underlyingDriver();
  const query = pool.query.bind(pool);
  adapter.executeScript = async (script) => {
    try {
      await query(script);
    } catch (error) {
      throw asAdapterError(error);
    }
  };
  // The engine reads system columns of the type "char", which the adapter refuses.
  const queryWithoutChar = async (config: pg.QueryConfig) => {
    const result = await query(config);
    for (const field of result.fields) if (field.dataTypeID === CHAR) field.dataTypeID = TEXT;
    return result;
  };
  Object.assign(pool, { query: queryWithoutChar });
  return adapter;
}

function asAdapterError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code, severity, message, detail, column, hint } = error;
  return new DriverAdapterError({
    kind: 'postgres',
    code: code ?? '',
    severity: severity ?? 'ERROR',
    message,
    detail,
    column,
    hint,
  });
}
