import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import GithubSlugger from 'github-slugger';
import { describe, expect, it } from 'vitest';
import { PAGES, proseOf } from '../support/pages.ts';

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  const slugger = new GithubSlugger();
  return [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = '']) => slugger.slug(text));
}

function linksOf(page: string): readonly string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

/** What is wrong with a relative link, or undefined. */
function fault(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(target)) return `${page}: no file for ${link}`;
  if (anchor === undefined || anchorsOf(target).includes(anchor)) return undefined;
  return `${page}: no heading for ${link}`;
}

describe('the documentation', () => {
  it.each(PAGES)('has no broken link in %s', (page) => {
    expect(
      linksOf(page)
        .map((link) => fault(page, link))
        .filter(Boolean),
    ).toEqual([]);
  });

  it('has an index that names every page', () => {
    const pages = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    const named = linksOf('docs/README.md').map((link) => join('docs', link));
    expect(named.filter((link) => link.endsWith('.md')).sort()).toEqual(
      expect.arrayContaining(pages.sort()),
    );
  });

  it('is reachable from the README by links', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const link of linksOf(page)) {
        const target = normalize(join(dirname(page), link.split('#')[0] ?? ''));
        if (PAGES.includes(target)) reached.add(target);
      }
    }
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });
});
