import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Whether figures are written into the README instead of being held against it. */
export const isWriting = process.env['README_FIGURES'] === 'write';

/** Holds the table between the two marks of a name against what was found. */
export function expectTable(name: string, head: readonly string[], rows: readonly string[]): void {
  const marked = new RegExp(`(<!-- ${name}:start -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  const table = `\n<!-- prettier-ignore -->\n${[...head, ...rows].join('\n')}\n\n`;
  const readme = readFileSync('README.md', 'utf8');
  expect(readme).toMatch(marked);
  const right = readme.replace(marked, (_all, start: string, end: string) => start + table + end);
  if (isWriting) writeFileSync('README.md', right);
  else expect(readme).toBe(right);
}
