import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/operate/install.md', import.meta.url));

/**
 * A block of the page that says how to install.
 * @param name what stands before it as `<!-- block:<name> -->`
 * @param replaced what the machine has in place of what the page says; each has to be in the block
 */
export function blockOf(name: string, replaced: Readonly<Record<string, string>> = {}): string {
  const mark = `<!-- block:${name} -->\n\n`;
  const [, after] = readFileSync(PAGE, 'utf8').split(mark);
  const block = /^```\w*\n([^]*?)\n```$/m.exec(after ?? '')?.[1];
  if (block === undefined) throw new Error(`the page has no block "${name}"`);
  const names = Object.keys(replaced);
  const missing = names.filter((from) => !block.includes(from));
  if (missing.length > 0) throw new Error(`the block "${name}" does not contain ${missing.join()}`);
  // In one pass: what is put in may look like what is to be replaced, as a port in another port.
  const any = new RegExp(names.map(escaped).join('|') || '(?!)', 'g');
  return `${block}\n`.replace(any, (from) => replaced[from] ?? from);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
