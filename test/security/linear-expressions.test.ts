import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PASSWORD_HASH_FORMATS } from '../../src/adapters/password-hashes/read.ts';
import { attacksOn, type Expression, expressionsIn } from '../support/expressions.ts';
import { growth, LINEAR } from '../support/cost.ts';

const [SHORT, LONG] = [4000, 64_000];

const WRITTEN = expressionsIn(join(import.meta.dirname, '../../src'));
const COMPOSED: Expression[] = PASSWORD_HASH_FORMATS.map(({ name, pattern }) => ({
  where: `the hash ${name}`,
  pattern,
}));
const OF_ZOD: Expression[] = [
  { where: 'an e-mail address of zod', pattern: z.regexes.email },
  { where: 'a date and time of zod', pattern: z.regexes.datetime({ offset: true }) },
];

/** How much more a byte costs, for the texts that are made to trouble an expression: the worst, or one too bad. */
async function worstGrowth(pattern: RegExp): Promise<readonly [growth: number, text: string]> {
  const replacing = pattern.flags.includes('g')
    ? pattern
    : new RegExp(pattern, `${pattern.flags}g`);
  let worst: readonly [number, string] = [0, ''];
  for (const attack of attacksOn(pattern)) {
    const texts = new Map([SHORT, LONG].map((length) => [length, attack(length)]));
    const found = await growth(
      (length) => {
        const text = texts.get(length) ?? '';
        pattern.test(text);
        pattern.lastIndex = 0;
        text.replace(replacing, '');
      },
      SHORT,
      LONG,
    );
    if (found > worst[0]) worst = [found, attack(40)];
    if (found > LINEAR) break;
  }
  return worst;
}

describe('a regular expression', () => {
  it('is found wherever it is written', () => {
    expect(WRITTEN.length).toBeGreaterThan(60);
  });

  it.each([...WRITTEN, ...COMPOSED, ...OF_ZOD])(
    'takes no longer by the byte for a longer text: $where',
    async ({ pattern }) => {
      const [worst, text] = await worstGrowth(pattern);
      expect(worst, JSON.stringify(text)).toBeLessThan(LINEAR);
    },
  );

  it.each([[/^(.+ cannot represent [\w\s-]*value): [^]*$/], [/ Did you mean [^?]*\?/g]])(
    'would be found that takes longer: %s',
    async (pattern) => {
      const [worst] = await worstGrowth(pattern);
      expect(worst).toBeGreaterThan(LINEAR);
    },
  );
});
