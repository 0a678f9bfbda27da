import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { withTable } from '../../scripts/marked-table.ts';

const PAGE = 'docs/throttles.md';

/** Whether the tests write their figures into docs/throttles.md instead of comparing them. */
export const isWriting = process.env['THROTTLE_FIGURES'] === 'write';

/** Compares a marked table of docs/throttles.md with the measured rows. */
export function expectTable(name: string, head: readonly string[], rows: readonly string[]): void {
  const table = `\n<!-- prettier-ignore -->\n${[...head, ...rows].join('\n')}\n\n`;
  const page = readFileSync(PAGE, 'utf8');
  const expected = withTable(page, name, table);
  if (isWriting) writeFileSync(PAGE, expected);
  else expect(page).toBe(expected);
}
