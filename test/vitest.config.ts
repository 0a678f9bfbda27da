import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

// Vite would take graphql's ES modules where Node takes its CommonJS: two copies, whose types differ.
const graphql = createRequire(import.meta.url).resolve('graphql');

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
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
