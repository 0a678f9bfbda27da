import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

// Vite would take graphql's ES modules where Node takes its CommonJS: two copies, whose types differ.
const graphql = createRequire(import.meta.url).resolve('graphql');

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/skipped.ts', 'test/support/build.ts'],
    // Most of a test is waiting for a database or a process: one worker a core leaves them idle.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
