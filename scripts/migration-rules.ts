// What a migration may do. Each is applied in one transaction with its record, while processes of the
// release before go on serving: docs/operate/upgrade.md.

interface Rule {
  readonly breaks: RegExp;
  readonly says: string;
}

const TRANSACTION: readonly Rule[] = [
  {
    breaks: /^(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE)\b/,
    says: 'ends or nests the transaction that the migration and its record are',
  },
  {
    breaks:
      /\bCONCURRENTLY\b|^(VACUUM|ATTACH|DETACH|ALTER SYSTEM|CLUSTER|CALL)\b|^(CREATE|DROP) (DATABASE|TABLESPACE|SUBSCRIPTION)\b|^REINDEX (DATABASE|SYSTEM|SCHEMA)\b/,
    says: 'cannot run in a transaction',
  },
  {
    breaks: /^PRAGMA (?!(DEFER_)?FOREIGN_KEYS\b)/,
    says: 'has no effect in a transaction',
  },
  {
    breaks: /\bPUBLIC *\./,
    says: 'names a schema: the history has to apply in any',
  },
];

const EXPANDING: readonly Rule[] = [
  { breaks: /^DROP (TABLE|TYPE|VIEW|FUNCTION)\b/, says: 'takes away what the release before uses' },
  { breaks: /^ALTER TABLE .*\bDROP (COLUMN|N)\b/, says: 'takes away what the release before uses' },
  { breaks: /\bRENAME\b/, says: 'takes away what the release before uses, by its name' },
  {
    breaks: /\bADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL\b|\bSET NOT NULL\b/,
    says: 'refuses the rows that the release before writes',
  },
  { breaks: /\bALTER COLUMN N (SET DATA )?TYPE\b/, says: 'changes what the release before reads' },
];
const UNIQUE_INDEX = /^CREATE UNIQUE INDEX (?:IF NOT EXISTS )?"\w+" ON "(\w+)"/i;

/** Says in a comment why no process of the release before is there any more, or why it does not mind. */
const CONTRACTING = /^-- Contracts: \S/m;

/** What is wrong with a migration, a line each. */
export function migrationFaults(sql: string): readonly string[] {
  const rules = CONTRACTING.test(sql) ? TRANSACTION : [...TRANSACTION, ...EXPANDING];
  const given = statementsOf(sql);
  const faults = given.flatMap((statement) => {
    const shape = statement.replace(/"\w+"/g, 'N').toUpperCase();
    const broken = rules.filter(({ breaks }) => breaks.test(shape));
    return broken.map(({ says }) => `${says}: ${statement}`);
  });
  const rebuilt = given.flatMap(
    (line) => /^ALTER TABLE "new_(\w+)" RENAME TO "\1"$/.exec(line)?.[1] ?? [],
  );
  const isOfRebuild = (fault: string) =>
    rebuilt.some(
      (table) =>
        fault.endsWith(`: DROP TABLE "${table}"`) || fault.endsWith(` RENAME TO "${table}"`),
    );
  return [...faults.filter((fault) => !isOfRebuild(fault)), ...uniqueFaults(sql, given, rebuilt)];
}

/** A unique index of a table that was there before refuses what the release before may write. */
function uniqueFaults(sql: string, statements: readonly string[], rebuilt: readonly string[]) {
  if (CONTRACTING.test(sql)) return [];
  const made = statements.flatMap((line) => /^CREATE TABLE "(\w+)"/.exec(line)?.[1] ?? []);
  return statements
    .filter((line) => {
      const table = UNIQUE_INDEX.exec(line)?.[1];
      return table !== undefined && ![...made, ...rebuilt].includes(table);
    })
    .map((line) => `refuses the rows that the release before writes: ${line}`);
}

/** The statements without comments, literals and bodies, each on a line. */
function statementsOf(sql: string): readonly string[] {
  return sql
    .replace(/--[^\n]*|\/\*[^]*?\*\//g, ' ')
    .replace(/\$(\w*)\$[^]*?\$\1\$/g, "''")
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/\bCREATE\s+TRIGGER\b[^;]*?\bBEGIN\b[^]*?\bEND\s*;/gi, 'CREATE TRIGGER;')
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '');
}
