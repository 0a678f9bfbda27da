import { createHash } from 'node:crypto';
import pg from 'pg';
import type { AskServer } from './pool.ts';

/** More texts than the server has are those that differ by the length of a list. */
const MOST = 200;
/** A longer text is sent anew each time: it has the length of a list in it, and is seldom the same. */
const LONGEST = 16_384;

/**
 * What a statement fails with, before anything of it is done, where what was prepared is not there (a
 * pooler gave us another connection: invalid_sql_statement_name, duplicate_prepared_statement) or fits no
 * more (a newer version of us has added a column: feature_not_supported).
 */
const UNPREPARED = new Set(['26000', '42P05', '0A000']);

/**
 * Has PostgreSQL parse and plan a statement once a connection instead of each time, which is a good part
 * of what a small one costs. The name is a digest of the text: whoever else has prepared it behind the same
 * pooler has prepared the same. Once that does not work, nothing is prepared any more.
 */
export function prepareOnce(ask: AskServer): AskServer {
  const names = new Map<string, string>();
  let isOff = false;

  const nameOf = (text: string) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MOST || text.length > LONGEST) return known;
    const name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
    return name;
  };

  return async (query, signal) => {
    const name = isOff ? undefined : nameOf(query.text);
    if (name === undefined) return ask(query, signal);
    try {
      return await ask({ ...query, name }, signal);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || !UNPREPARED.has(error.code ?? '')) throw error;
      isOff = true;
      return ask(query, signal);
    }
  };
}
