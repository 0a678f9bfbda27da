import { describe, expect, it } from 'vitest';
import { GraphQLError } from 'graphql';
import { parseBounded } from '../../src/doors/graphql/bounded.ts';
import { createDocuments } from '../../src/doors/graphql/documents.ts';

const MIB = 2 ** 20;

/** What is kept of documents, with a way to send one that is valid or not. */
function kept() {
  let isValid = true;
  const { parse, validate, size } = createDocuments({
    parse: parseBounded,
    validate: () => (isValid ? [] : [new GraphQLError('not valid')]),
  });
  const send = (query: string, valid = true) => {
    isValid = valid;
    return validate(parse(query));
  };
  return { send, parse, size };
}

describe('the documents that are kept', () => {
  it('are those of a size that clients are built with', () => {
    const { send, size } = kept();
    send('{ me { id } }');
    expect(size().entries).toBe(1);
    send(`{ me { id } } # ${'x'.repeat(20_000)}`);
    send(`{ me { id } }${'\n'.repeat(1000)}`);
    expect(size().entries).toBe(1);
  });

  it('are none that is not valid', () => {
    const { send, size } = kept();
    expect(send('{ nothing }', false)).toHaveLength(1);
    expect(size()).toEqual({ entries: 0, bytes: 0 });
  });

  it('are neither parsed nor validated again', () => {
    const { send, parse } = kept();
    send('{ me { id } }');
    expect(parse('{ me { id } }')).toBe(parse('{ me { id } }'));
    expect(send('{ me { id } }', false)).toEqual([]);
  });

  it('take no more than 32 MiB, however many there are', () => {
    const { send, size } = kept();
    for (let i = 0; i < 500; i++) send(`query Q${i} { ${'a { b } '.repeat(400)} }`);
    expect(size().bytes).toBeLessThanOrEqual(32 * MIB);
    expect(size().entries).toBeLessThan(100);
  });
});
