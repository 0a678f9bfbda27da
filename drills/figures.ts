import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a drill's table into a page, between `<!-- drill:<name>:start -->` and `<!-- drill:<name>:end -->`. */
export function writeFigures(page: string, name: string, table: string): void {
  const [start, end] = [`<!-- drill:${name}:start -->`, `<!-- drill:${name}:end -->`];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for the drill "${name}"`);
  const block = `${start}\n\n<!-- prettier-ignore -->\n${table.trim()}\n\n`;
  writeFileSync(page, text.slice(0, from) + block + text.slice(to));
}
