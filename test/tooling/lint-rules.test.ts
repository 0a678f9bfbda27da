import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const FIXTURES = 'test/tooling/fixtures';
const IMPORTS = '@typescript-eslint/no-restricted-imports';
const PROPERTIES = 'no-restricted-properties';
const SYNTAX = 'no-restricted-syntax';

const cwd = join(import.meta.dirname, '../..');
const unusedIsFine = { rules: { '@typescript-eslint/no-unused-vars': 'off' } } as const;
const typed = new ESLint({ cwd, ignore: false, overrideConfig: unusedIsFine });
// The files of these snippets do not exist, so no program can hold their types.
const untyped = new ESLint({
  cwd,
  ignore: false,
  overrideConfig: [tseslint.configs.disableTypeChecked, unusedIsFine],
});

async function brokenRules(eslint: ESLint, file: string, code: string) {
  const [result] = await eslint.lintText(code, { filePath: join(cwd, file) });
  const messages = result?.messages ?? [];
  return [...new Set(messages.map(({ ruleId, message }) => ruleId ?? message))];
}

const OPERATIONS = 'src/features/sample/operations.ts';
const STORE = 'src/features/sample/store.ts';
const RULES = 'src/features/sample/rules.ts';
const DOOR = 'src/features/sample/graphql.ts';
const DIALECT = 'src/doors/rest/dialects/sample.ts';
const ADAPTER = 'src/adapters/sample.ts';

describe('who may import what', () => {
  const importing = (source: string) => `import { x } from '${source}';\nexport const y = x;\n`;
  const importingType = (source: string) =>
    `import type { x } from '${source}';\nexport type Y = x;\n`;
  const doors = [
    'hono',
    'hono/cors',
    '@hono/node-server',
    'graphql',
    'graphql-yoga',
    '@pothos/core',
  ];
  const ownDoors = [
    './graphql.ts',
    '../auth/graphql.ts',
    '../../schema/builder.ts',
    '../../doors/rest/x.ts',
  ];
  const prisma = [
    '@prisma/client',
    '../../db/generated/sqlite/client.ts',
    '@prisma/client/runtime',
  ];

  it.each([
    OPERATIONS,
    STORE,
    RULES,
    'src/features/sample/refresh.ts',
    'src/access/sample.ts',
    'src/core/sample.ts',
  ])('keeps every door out of %s', async (file) => {
    for (const source of [...doors, ...ownDoors]) {
      expect(await brokenRules(untyped, file, importing(source)), source).toEqual([IMPORTS]);
      expect(await brokenRules(untyped, file, importingType(source)), source).toEqual([IMPORTS]);
    }
  });

  it.each([
    OPERATIONS,
    RULES,
    DOOR,
    DIALECT,
    ADAPTER,
    'src/server/app.ts',
    'src/doors/graphql/schema.ts',
  ])('keeps Prisma out of %s', async (file) => {
    for (const source of prisma) {
      expect(await brokenRules(untyped, file, importing(source)), source).toEqual([IMPORTS]);
      expect(await brokenRules(untyped, file, importingType(source)), source).toEqual([IMPORTS]);
    }
  });

  it.each([STORE, 'src/db/client.ts', 'src/schema/builder.ts'])(
    'lets %s touch Prisma',
    async (file) => {
      for (const source of prisma) {
        expect(await brokenRules(untyped, file, importing(source)), source).toEqual([]);
      }
    },
  );

  it('lets a door import doors and operations', async () => {
    for (const source of ['graphql', '../../schema/builder.ts', './operations.ts']) {
      expect(await brokenRules(untyped, DOOR, importing(source)), source).toEqual([]);
    }
  });

  it.each(['graphql', 'rest', 'oauth', 'rest/reference'])(
    'leaves reading, bounding and writing to the pipeline in doors/%s',
    async (door) => {
      const http = door.includes('/') ? '../../http' : '../http';
      for (const [name, file] of [
        ['readBody', 'body'],
        ['limitTime', 'time-limit'],
        ['createReplySender', 'reply'],
        ['createPipeline', 'pipeline'],
      ]) {
        const code = `import { ${name} } from '${http}/${file}.ts';\nexport const y = ${name};\n`;
        expect(await brokenRules(untyped, `src/doors/${door}/sample.ts`, code)).toEqual([IMPORTS]);
      }
    },
  );

  it('gives a dialect rest/*, operations and types only', async () => {
    for (const source of [
      'hono',
      'node:fs',
      '../../../core/errors.ts',
      '../../../features/users/store.ts',
      '../../../features/users/rules.ts',
      '../../../features/users/graphql.ts',
      '../../../schema/builder.ts',
    ]) {
      expect(await brokenRules(untyped, DIALECT, importing(source)), source).toEqual([IMPORTS]);
    }
    for (const source of [
      './dukatia.ts',
      '../dialect.ts',
      '../../../features/users/operations.ts',
    ]) {
      expect(await brokenRules(untyped, DIALECT, importing(source)), source).toEqual([]);
    }
    const type = importingType('../../../features/users/store.ts');
    expect(await brokenRules(untyped, DIALECT, type)).toEqual([]);
  });

  it('finds cycles', async () => {
    const file = `${FIXTURES}/cycle/one.ts`;
    const code = await readFile(join(cwd, file), 'utf8');
    expect(await brokenRules(untyped, file, code)).toEqual(['import-x/no-cycle']);
  });
});

describe('what only one place does', () => {
  it.each([
    ['process.env', 'export const x = process.env.PORT;', PROPERTIES],
    ['the console', "console.log('x');", 'no-console'],
    ['process.env taken apart', 'export const { env } = process;', PROPERTIES],
    ['node:process', "export { env } from 'node:process';", IMPORTS],
    ['Date.now()', 'export const x = Date.now();', PROPERTIES],
    ['new Date()', 'export const x = new Date();', SYNTAX],
    ['Date()', 'export const x = Date();', SYNTAX],
    ['Math.random()', 'export const x = Math.random();', PROPERTIES],
    ['crypto.randomUUID()', 'export const x = crypto.randomUUID();', PROPERTIES],
    ['a password that is checked uncounted', 'ctx.hasher.verify(a, b);', SYNTAX],
    ['the same taken apart', 'hasher.verify(a, b);', SYNTAX],
    ['a role that nothing decided on', 'export const x = role as Given<string>;', SYNTAX],
    ['the column of a second factor', 'export const x = user.totpEnabledAt;', PROPERTIES],
    ['the same taken apart', 'export const { totpEnabledAt } = user;', PROPERTIES],
    ['randomUUID', "import { randomUUID } from 'node:crypto';\nrandomUUID();", IMPORTS],
    ['randomBytes', "import { randomBytes as r } from 'node:crypto';\nr(1);", IMPORTS],
    [
      'a cache of so many entries',
      "import { LRUCache } from 'lru-cache';\nnew LRUCache({ max: 9 });",
      IMPORTS,
    ],
    ['a namespace of crypto', "import * as c from 'node:crypto';\nc.randomUUID();", IMPORTS],
  ])('refuses %s', async (_what, code, rule) => {
    for (const file of [
      OPERATIONS,
      STORE,
      DOOR,
      DIALECT,
      'src/server/app.ts',
      'src/schema/builder.ts',
    ]) {
      const rules = await brokenRules(untyped, file, code);
      expect(rules.length ? rules : [file]).toContain(rule);
    }
  });

  it('lets only the cache that asks for bytes be made of one that does not', async () => {
    const code =
      "import { LRUCache } from 'lru-cache';\nexport const x = new LRUCache({ max: 9 });";
    expect(await brokenRules(untyped, 'src/adapters/cache.ts', code)).toEqual([]);
  });

  it('lets only the entries read the environment', async () => {
    for (const file of ['src/main.ts', 'src/main-yielding.ts', 'src/cli.ts']) {
      expect(await brokenRules(untyped, file, 'export const x = process.env;')).toEqual([]);
    }
  });

  it('lets adapters ask for the time and for chance, not for the environment', async () => {
    const code =
      "import { randomUUID } from 'node:crypto';\nrandomUUID();\nDate.now();\nnew Date();";
    expect(await brokenRules(untyped, ADAPTER, code)).toEqual([]);
    expect(await brokenRules(untyped, ADAPTER, 'export const x = process.env;')).toEqual([
      PROPERTIES,
    ]);
  });

  it('takes a date from a number and a digest from crypto anywhere', async () => {
    const code = "import { createHash } from 'node:crypto';\ncreateHash('sha256');\nnew Date(0);";
    expect(await brokenRules(untyped, OPERATIONS, code)).toEqual([]);
  });
});

describe('how code reads', () => {
  it.each([
    ['a class', 'export class Users {}', SYNTAX],
    ['a class that is assigned', 'export const Users = class {};', SYNTAX],
    ['a class under another', 'export class Users extends Map {}', SYNTAX],
    [
      'a transaction by hand',
      "import { transaction } from '../../db/transaction.ts';\nexport const x = transaction;",
      SYNTAX,
    ],
    [
      'an audit event by hand',
      "import { insertAuditEvent } from '../audit/append-store.ts';\nexport const x = insertAuditEvent;",
      SYNTAX,
    ],
    ['a message by hand', "ctx.changes.publish({ kind: 'auth' });", SYNTAX],
    ['a sender that is woken by hand', 'ctx.mail.wake();', SYNTAX],
    ['a default export', 'export default 1;', 'import-x/no-default-export'],
    ['any', 'export const x = (y: any) => void y;', '@typescript-eslint/no-explicit-any'],
    ['more than 300 lines', 'export {};\n'.repeat(301), 'max-lines'],
    [
      'an expression that takes longer than its text is long',
      "export const x = (y: string) => y.replace(/\\/+$/, '');",
      'regexp/no-super-linear-move',
    ],
    ['a double negative of equality', 'export const x = (y: string) => y != "a";', 'eqeqeq'],
    [
      'an import that is only a type',
      "import { X } from './x.ts';\nexport type Y = X;",
      '@typescript-eslint/consistent-type-imports',
    ],
  ])('refuses %s', async (_what, code, rule) => {
    expect(await brokenRules(untyped, 'src/server/app.ts', code)).toEqual([rule]);
  });

  it('takes classes that are errors', async () => {
    const code = 'export class AppError extends Error {}\nexport class Late extends AppError {}';
    expect(await brokenRules(untyped, 'src/core/errors.ts', code)).toEqual([]);
  });

  it.each([
    ['a promise that nobody awaits', 'Promise.resolve(1);', 'no-floating-promises'],
    ['a promise as a condition', 'if (Promise.resolve(1)) void 0;', 'no-misused-promises'],
    [
      'a switch that forgets a case',
      "export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}",
      'switch-exhaustiveness-check',
    ],
  ])('refuses %s', async (_what, code, rule) => {
    const file = `${FIXTURES}/typed/snippet.ts`;
    expect(await brokenRules(typed, file, code)).toEqual([`@typescript-eslint/${rule}`]);
  });
});
