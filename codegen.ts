import type { CodegenConfig } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';

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
      // The caches of both clients ask for it: a document that is named has to have it already.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      presetConfig: { fragmentMasking: false, persistedDocuments: true },
      config: shared,
    },
    'examples/generated/possible-types.ts': { plugins: ['fragment-matcher'] },
  },
  ignoreNoDocuments: true,
};

export default config;
