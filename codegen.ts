import type { CodegenConfig } from '@graphql-codegen/cli';

const shared = {
  useTypeImports: true,
  enumsAsTypes: true,
  strictScalars: true,
  scalars: { DateTime: 'string' },
  importExtension: '.ts',
};

/** Typed documents for everything in this repository that speaks our GraphQL. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'test/generated/': {
      preset: 'client',
      documents: ['test/**/*.ts', '!test/generated/**'],
      presetConfig: { fragmentMasking: false },
      config: { ...shared, documentMode: 'string' },
    },
    'examples/generated/': {
      preset: 'client',
      documents: ['examples/shared/*.ts'],
      presetConfig: { fragmentMasking: false },
      config: shared,
    },
    'examples/generated/possible-types.ts': { plugins: ['fragment-matcher'] },
  },
  ignoreNoDocuments: true,
};

export default config;
