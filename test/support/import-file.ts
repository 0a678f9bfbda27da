import { readFileSync } from 'node:fs';

interface Made {
  readonly password: string;
  readonly hash: string;
}

/** Hashes of other systems; `password-hashes.py` says who made them. */
export const MADE_HASHES = JSON.parse(
  readFileSync(new URL('../adapters/fixtures/password-hashes.json', import.meta.url), 'utf8'),
) as readonly Made[];

/** Lines of an import file, all of them in order, with hashes of every kind. */
export function* importLines(count: number): Generator<string> {
  for (let i = 1; i <= count; i++) {
    const { hash } = MADE_HASHES[i % MADE_HASHES.length]!;
    yield JSON.stringify({
      username: `imported.${i}`,
      email: `imported.${i}@example.com`,
      name: `Imported Person ${i}`,
      passwordHash: hash,
      emailVerified: i % 2 === 0,
    });
  }
}
