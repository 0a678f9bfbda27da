// Writes lists/confusables.txt: Unicode's characters that look alike (UTS 39), as the package unhomoglyph has them;
// with --check it writes nothing and fails where the file differs from it.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { CONFUSABLES_FILE } from '../src/adapters/confusables.ts';

const data = createRequire(import.meta.url)('unhomoglyph/data.json') as Record<string, string>;
const codePoints = (text: string) =>
  [...text].map((character) => (character.codePointAt(0) ?? 0).toString(16)).join('+');

const lines = new Map<string, string[]>();
for (const [character, prototype] of Object.entries(data)) {
  if (character === prototype) continue;
  const key = codePoints(prototype);
  lines.set(key, [...(lines.get(key) ?? []), codePoints(character)]);
}
const content = [...lines]
  .map(([prototype, characters]) => [prototype, ...characters.sort()].join(' '))
  .sort()
  .join('\n');

if (!process.argv.includes('--check')) writeFileSync(CONFUSABLES_FILE, `${content}\n`);
else if (readFileSync(CONFUSABLES_FILE, 'latin1') !== `${content}\n`) {
  console.error('lists/confusables.txt is out of date: npm run confusables');
  process.exitCode = 1;
}
