import { defineConfig, globalIgnores } from 'eslint/config';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const ENVIRONMENT = {
  object: 'process',
  property: 'env',
  message:
    'Only src/main.ts, src/main-yielding.ts and src/cli.ts read it; everything else takes the Config.',
};
const HIDDEN_INPUTS = [
  ['Date', 'now'],
  ['Math', 'random'],
  ['crypto', 'randomUUID'],
  ['crypto', 'getRandomValues'],
].map(([object, property]) => ({
  object,
  property,
  message: 'What varies arrives in ctx; only src/adapters makes it.',
}));
const CLASS = {
  selector: ':matches(ClassDeclaration, ClassExpression):not([superClass.name=/Error$/])',
  message: 'Functions and readonly data; the only classes are errors.',
};
const CURRENT_DATE = {
  selector: ":matches(NewExpression[arguments.length=0], CallExpression)[callee.name='Date']",
  message: 'Take the time from ctx.clock; only src/adapters asks the system.',
};

const GIVEN = {
  selector: "TSAsExpression > TSTypeReference[typeName.name='Given']",
  message: 'Only src/access/giving.ts decides on roles.',
};

const UNCOUNTED = {
  selector:
    "CallExpression[callee.object.property.name='hasher'][callee.property.name='verify'], CallExpression[callee.object.name='hasher'][callee.property.name='verify']",
  message: 'verifyPassword() asks for an attempt that is counted.',
};

/** What `change` alone does. */
const WRITES_BY_HAND = [
  {
    selector: 'ImportSpecifier[imported.name=/^(transaction|insertAuditEvent|queueMail)$/]',
    message: 'change() of src/core/change.ts runs the transaction, audits and queues mails.',
  },
  {
    selector:
      "CallExpression[callee.property.name='publish']:matches([callee.object.name='changes'], [callee.object.property.name='changes']), CallExpression[callee.property.name='wake']:matches([callee.object.name='mail'], [callee.object.property.name='mail'])",
    message:
      'change() of src/core/change.ts publishes and wakes the mail sender, after the commit.',
  },
];

const SECOND_FACTOR_COLUMN = {
  property: 'totpEnabledAt',
  message: 'hasSecondFactor() and hasTotp() of src/db/second-factor.ts read it.',
};

const UNBOUNDED = {
  property: 'normalize',
  message:
    'normalized() of src/core/text.ts has a bound: ordering combining marks takes time by the square.',
};

/** An expression takes time by the length of its text and no more: what it reads, a client may write. */
const LINEAR_EXPRESSIONS = {
  'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
  'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
};

const NO_PROCESS = {
  regex: '^(node:)?process$',
  message: 'Only src/main.ts, src/main-yielding.ts and src/cli.ts read the process.',
};
const NO_CHANCE = {
  regex: '^(node:)?crypto$',
  importNamePattern: '^(default|webcrypto|random.*)$',
  message: 'Randomness arrives in ctx; only src/adapters makes it.',
};
const NO_PRISMA = {
  regex: '@prisma/|/db/generated/',
  message: 'Only stores, src/db and src/schema/builder.ts touch Prisma.',
};
const NO_CACHE = {
  regex: '^lru-cache$',
  message: 'createCache() of src/adapters/cache.ts asks how many bytes an entry takes.',
};
const NO_DOOR = {
  regex: '^(hono|graphql)($|[/-])|^@(hono|pothos|graphql)[/-]|/(doors|schema)/|[/-]graphql\\.ts$',
  message: 'Only doors, and the graphql.ts of a feature, know GraphQL and HTTP.',
};
const ONE_PIPELINE = {
  regex: '/http/(body|time-limit|reply|pipeline|routes)\\.ts$',
  importNamePattern: '^(readBody|limitTime|create.*)$',
  message: 'The pipeline of doors/http reads, bounds and writes; a door is a list of endpoints.',
};
// A pattern that lets types through does so for every pattern: it leaves Prisma to the one above.
const ONLY_REST_AND_OPERATIONS = {
  regex: `^(?!zod$|\\./[^/]+$|\\.\\./[^/]+$|\\.\\./\\.\\./\\.\\./features/[^/]+/(?:[a-z-]+-)?operations\\.ts$)(?!.*(${NO_PRISMA.regex}))`,
  message: 'A dialect imports rest/*, operations, zod and types, nothing else.',
  allowTypeImports: true,
};

/** What `files` may not import. The last entry that matches a file replaces those before it. */
const layer = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: {
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: [...patterns, NO_CACHE] }],
  },
});

export default defineConfig(
  globalIgnores([
    'dist/',
    'data/',
    'coverage/',
    'src/db/generated/',
    'test/generated/',
    'examples/generated/',
    'test/tooling/fixtures/',
  ]),
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts'] })],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // An operation or a plugin is asynchronous by its type, whether or not it awaits anything.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'max-lines': ['error', 300],
      'no-else-return': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { regexp },
    rules: {
      ...LINEAR_EXPRESSIONS,
      'import-x/no-default-export': 'error',
      // The output of the process is JSON lines; what a person reads goes through `process.stdout`.
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        ENVIRONMENT,
        UNBOUNDED,
        SECOND_FACTOR_COLUMN,
        ...HIDDEN_INPUTS,
      ],
      'no-restricted-syntax': ['error', CLASS, CURRENT_DATE, UNCOUNTED, GIVEN, ...WRITES_BY_HAND],
    },
  },
  {
    files: ['src/main.ts', 'src/main-yielding.ts', 'src/cli.ts'],
    rules: { 'no-restricted-properties': ['error', ...HIDDEN_INPUTS] },
  },
  {
    files: ['src/db/second-factor.ts'],
    rules: { 'no-restricted-properties': ['error', ENVIRONMENT, UNBOUNDED, ...HIDDEN_INPUTS] },
  },
  {
    files: ['src/core/text.ts'],
    rules: { 'no-restricted-properties': ['error', ENVIRONMENT, ...HIDDEN_INPUTS] },
  },
  {
    files: ['src/features/passwords/verify.ts'],
    rules: { 'no-restricted-syntax': ['error', CLASS, CURRENT_DATE, GIVEN, ...WRITES_BY_HAND] },
  },
  {
    files: ['src/access/giving.ts'],
    rules: { 'no-restricted-syntax': ['error', CLASS, CURRENT_DATE, UNCOUNTED, ...WRITES_BY_HAND] },
  },
  {
    // `change` itself, what it calls, and the clean-up, which audits and announces nothing.
    files: [
      'src/core/change.ts',
      'src/server/create-services.ts',
      'src/features/audit/log.ts',
      'src/features/sessions/clean-up-store.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', CLASS, CURRENT_DATE, UNCOUNTED, GIVEN] },
  },
  {
    files: ['src/adapters/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ENVIRONMENT, UNBOUNDED],
      'no-restricted-syntax': ['error', CLASS],
    },
  },

  layer(['src/**/*.ts'], [NO_PRISMA, NO_CHANCE, NO_PROCESS]),
  layer(['src/main.ts', 'src/main-yielding.ts', 'src/cli.ts'], [NO_PRISMA, NO_CHANCE]),
  layer(['src/adapters/**/*.ts'], [NO_PRISMA, NO_PROCESS]),
  layer(['src/db/**/*.ts', 'src/schema/builder.ts'], [NO_CHANCE, NO_PROCESS]),
  layer(
    ['src/features/*/**/*.ts', 'src/{core,access,authentication}/**/*.ts'],
    [NO_DOOR, NO_PRISMA, NO_CHANCE, NO_PROCESS],
    ['src/features/*/{graphql,*-graphql}.ts'],
  ),
  layer(
    ['src/{features/*,access,authentication}/{store,*-store}.ts'],
    [NO_DOOR, NO_CHANCE, NO_PROCESS],
  ),
  layer(
    ['src/doors/{graphql,rest,oauth}/**/*.ts'],
    [ONE_PIPELINE, NO_PRISMA, NO_CHANCE, NO_PROCESS],
  ),
  layer(
    ['src/doors/rest/dialects/**/*.ts'],
    [ONLY_REST_AND_OPERATIONS, NO_PRISMA, NO_CHANCE, NO_PROCESS],
  ),

  {
    files: ['src/adapters/cache.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [NO_PRISMA, NO_CHANCE, NO_PROCESS] },
      ],
    },
  },

  {
    files: ['test/**/*.ts', 'examples/**/*.{ts,tsx}'],
    rules: {
      // Answers are read as a client reads them, and judged whole.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
