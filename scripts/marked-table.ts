/**
 * Returns a page with the text between `<!-- name:start -->` and `<!-- name:end -->` replaced by a table.
 * Throws if the page does not have both marks.
 */
export function withTable(page: string, name: string, table: string): string {
  const start = `<!-- ${name}:start -->\n`;
  const from = page.indexOf(start);
  const to = page.indexOf(`<!-- ${name}:end -->`, from);
  if (from < 0 || to < 0) throw new Error(`the page has no marks for the table "${name}"`);
  return page.slice(0, from + start.length) + table + page.slice(to);
}
