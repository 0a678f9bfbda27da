import type { z } from 'zod';
import type { ExpectedCode } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import type { Page } from '../../core/page.ts';
import type { Ask } from './dialect.ts';

/** Every item of a list whose first page has been read, for documents that know no pages. */
export async function everything<S extends z.ZodType, F extends ExpectedCode, T>(
  first: Page<T>,
  ask: Ask,
  operation: Operation<S, F, Page<T>>,
  input: object,
): Promise<readonly T[]> {
  const items: T[] = [];
  for (let page = first; ;) {
    items.push(...page.edges.map(({ node }) => node));
    const after = page.edges.at(-1)?.cursor;
    if (!page.hasNextPage || after === undefined) return items;
    page = await ask(operation, { ...input, first: 100, after } as z.input<S>);
  }
}
