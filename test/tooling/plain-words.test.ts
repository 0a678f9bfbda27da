import { expect, it } from 'vitest';
import { PAGES, proseOf } from '../support/pages.ts';

const RIDDLES =
  /\b(?:whoever|somebody|someone|nobody|anybody|everybody|of late|made anew|strangers?)\b/gi;

/** The glossary lists the words to avoid. The code gives docs/permissions.md its words. */
const EXEMPT = ['docs/glossary.md', 'docs/permissions.md'];

/** The text that is written by hand: no generated table, no name of a test on the page on security. */
function handWritten(page: string): string {
  const text = proseOf(page).replaceAll(/<!-- ([\w:-]+):start -->[^]*?<!-- \1:end -->/g, '');
  return page === 'docs/security.md' ? text.replaceAll(/ \| `[^|]*\|$/gm, '') : text;
}

it.each(PAGES.filter((page) => !EXEMPT.includes(page)))('names who acts in %s', (page) => {
  expect(handWritten(page).match(RIDDLES) ?? []).toEqual([]);
});
