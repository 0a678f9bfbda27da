import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents for everything in this repository that speaks our GraphQL. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['test/**/*.ts', '!test/generated/**'],
  generates: {
    'test/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { DateTime: 'string' },
        importExtension: '.ts',
      },
    },
  },
  ignoreNoDocuments: true,
};

export default config;
