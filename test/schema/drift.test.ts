import { readFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

it('has written schema.graphql as the code has it (npm run schema)', () => {
  const written = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
  expect(written).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`);
});
