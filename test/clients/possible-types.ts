import { readFileSync } from 'node:fs';
import type { PossibleTypesMap } from '@apollo/client';
import { buildSchema, isAbstractType } from 'graphql';

/** Which types each interface and union of the contract may be, as codegen's fragment-matcher has it. */
export const possibleTypes: PossibleTypesMap = readPossibleTypes();

function readPossibleTypes(): PossibleTypesMap {
  const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
  return Object.fromEntries(
    abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
  );
}
