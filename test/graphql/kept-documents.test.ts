import { describe, expect, it } from 'vitest';
import { createBoundedEngine, parseBounded } from '../../src/doors/graphql/bounded.ts';
import { createKnownDocuments } from '../../src/doors/graphql/known.ts';

const MIB = 2 ** 20;

/** What is kept of documents, with a way to send one that was found valid or not. */
function kept() {
  const { plugin, size } = createKnownDocuments(createBoundedEngine([], false), []);
  const found = (query: string, valid = true) => {
    const params = { documentAST: parseBounded(query) };
    const after = plugin.onValidate?.({ params, setResult: () => undefined } as never);
    (after as unknown as (outcome: { valid: boolean }) => void)({ valid });
  };
  return { found, size };
}

describe('the documents that are kept', () => {
  it('are those of a size that clients are built with', () => {
    const { found, size } = kept();
    found('{ me { id } }');
    expect(size().entries).toBe(1);
    found(`{ me { id } } # ${'x'.repeat(20_000)}`);
    found(`{ me { id } }${'\n'.repeat(1000)}`);
    expect(size().entries).toBe(1);
  });

  it('are none that is not valid', () => {
    const { found, size } = kept();
    found('{ nothing }', false);
    expect(size()).toEqual({ entries: 0, bytes: 0 });
  });

  it('take no more than 32 MiB, however many there are', () => {
    const { found, size } = kept();
    for (let i = 0; i < 500; i++) found(`query Q${i} { ${'a { b } '.repeat(400)} }`);
    expect(size().bytes).toBeLessThanOrEqual(32 * MIB);
    expect(size().entries).toBeLessThan(100);
  });
});
