import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { breakingChanges, printContract } from '../../scripts/contract.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('the contract', () => {
  it('is written in schema.graphql as the code has it (npm run schema)', () => {
    expect(read('schema.graphql')).toBe(printContract());
  });

  it('says of every root field who may ask it', () => {
    const schema = buildSchema(read('schema.graphql'));
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((root) => Object.values(root!.getFields()));
    const silent = fields.filter(({ astNode }) => astNode?.directives?.length !== 1);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('breaks no client of the last release', () => {
    expect(breakingChanges(read('schema.released.graphql'))).toEqual([]);
  });

  it('would be found to break one', () => {
    const released = read('schema.released.graphql').replace(
      'type Query {',
      'type Query {\n  gone: Int',
    );
    expect(breakingChanges(released)).toEqual(['Query.gone was removed.']);
  });

  it.each([
    ['me', '"public"', '"signedIn"'],
    ['sessions', '"signedIn"', '"system users:read"'],
    ['me', '"signedIn"', '"signedIn", "fresh"'],
  ])('would be found to ask more of who asks %s: %s, then %s', (field, was, is) => {
    const asking = (words: string) =>
      read('schema.graphql').replace(
        new RegExp(`(\\n  ${field}(?:\\([^)]*\\))?: [\\w[\\]!]+ @access\\(to: \\[)[^\\]]*`),
        `$1${words}`,
      );
    const [before, now] = [asking(was), asking(is)];
    expect(before).not.toBe(now);
    expect(breakingChanges(before, now)).toEqual([
      expect.stringMatching(new RegExp(`^Query\\.${field} asks for `)),
    ]);
    // Whoever could ask still can.
    expect(breakingChanges(now, before)).toEqual([]);
  });
});
