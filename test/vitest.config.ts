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
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
