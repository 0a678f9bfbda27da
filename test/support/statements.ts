import Connection from 'libsql';
import pg from 'pg';
import { vi } from 'vitest';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** How the connection that listens sees whether it is alive, from time to time. */
const HEARTBEAT = 'SELECT 1';

/**
 * What this process asks of any database while `work` runs: every statement of the drivers, whether it
 * comes through Prisma's client or past it.
 */
export async function listStatements(work: () => Promise<unknown>): Promise<readonly string[]> {
  const statements: string[] = [];
  const sqlite = new Connection(':memory:');
  const statement = Object.getPrototypeOf(sqlite.prepare('SELECT 1')) as object;
  const undo = [
    wrap(pg.Client.prototype, 'query', (_self, [query]) => textOf(query)),
    ...['all', 'run', 'get', 'iterate'].map((name) =>
      wrap(statement, name, (self) => textOf(self)),
    ),
  ];
  sqlite.close();
  // What is remembered is read again after some real seconds: not in the middle of a count.
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  try {
    await work();
  } finally {
    now.mockRestore();
    for (const restore of undo) restore();
  }
  return statements;

  function wrap(target: object, name: string, text: (self: unknown, args: unknown[]) => string) {
    const methods = target as Record<string, Method>;
    const original = methods[name]!;
    methods[name] = function (this: unknown, ...args) {
      const statement = text(this, args);
      if (statement !== HEARTBEAT) statements.push(statement);
      return original.apply(this, args);
    };
    return () => {
      methods[name] = original;
    };
  }
}

function textOf(query: unknown): string {
  return typeof query === 'string' ? query : String((query as { text?: string }).text ?? '');
}
