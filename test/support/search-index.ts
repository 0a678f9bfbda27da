import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/operate/growth.md', import.meta.url);

/** The statements by which an operator has searches find trigrams, as documented. */
export function searchIndexStatements(): readonly string[] {
  const [, sql] = /trigrams:start.*?```sql\n(.*?)```/s.exec(readFileSync(PAGE, 'utf8')) ?? [];
  if (sql === undefined) throw new Error('docs/operate/growth.md says no statements');
  return sql.split(/;\n/).filter(Boolean);
}
