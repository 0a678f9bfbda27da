import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROW = /^\| (?!-|Standard)([^|]+) \| ([^|]+) \| `([^`]+)`: ([^|]+) \|$/gm;

describe('the page on security', () => {
  const page = readFileSync('docs/security.md', 'utf8');
  const rows = [...page.matchAll(ROW)].map(([, standard = '', , file = '', test = '']) => ({
    standard: standard.trim(),
    file,
    test: test.trim(),
  }));

  it('has a test in each of its rows', () => {
    const lines = page.split('\n').filter((line) => /^\| (?!-|Standard)/.test(line));
    expect(rows).toHaveLength(lines.length);
    expect(rows.length).toBeGreaterThan(40);
  });

  it.each(rows)('names a test that there is for $standard', ({ file, test }) => {
    const path = `test/${file}.test.ts`;
    expect(existsSync(path), path).toBe(true);
    const tests = readFileSync(path, 'utf8');
    const quoted = ["'", '"', '`'].map((quote) => `${quote}${test.replaceAll('`', '\\`')}${quote}`);
    const isThere = quoted.some((name) => tests.includes(name)) || tests.includes(`'${test}'`);
    expect(isThere, `${path}: ${test}`).toBe(true);
  });
});
