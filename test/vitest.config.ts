import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Vite would take graphql's ES modules where Node takes its CommonJS: two copies, whose types differ.
const graphql = createRequire(import.meta.url).resolve('graphql');

const root = new URL('..', import.meta.url).pathname;

/** The files that do more where `TEST_LONG` is set; `npm test` has run their short form already. */
function filesWithLongTests(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file))
    .filter((file) => readFileSync(join(root, file), 'utf8').includes('TEST_LONG'));
}

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    root,
    include: process.env['TEST_LONG'] === 'only' ? filesWithLongTests() : ['test/**/*.test.ts'],
    globalSetup: ['test/support/skipped.ts', 'test/support/build.ts', 'test/support/clean-up.ts'],
    // Loading the app is a third of the work, and no test leaves anything behind in a module: files that
    // a worker runs one after the other share what it has loaded.
    isolate: false,
    // Each loads the app anew, and a database, browsers and processes work beside them.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
