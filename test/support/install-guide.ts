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
  return Object.entries(replaced).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the block "${name}" does not contain ${from}`);
    return text.replaceAll(from, to);
  }, `${block}\n`);
}
