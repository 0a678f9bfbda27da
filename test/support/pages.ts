import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages of the documentation, relative to the root of the repository. */
export const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

/** The text of a page without its code blocks, and without brackets in code. */
export function proseOf(page: string): string {
  return readFileSync(page, 'utf8')
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]]/g, ''));
}
