import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configDocs, configTable, variables } from '../../scripts/config-docs.ts';

it('describes every variable in a sentence and names its default', () => {
  for (const { name, description, defaultText } of variables()) {
    expect(description, name).toMatch(/^[A-Z`].*\.$/s);
    expect(defaultText, name).not.toMatch(/^`?`?$/);
  }
});

it('makes a table row of each', () => {
  expect(configTable()).toContain(
    '| `PORT` | `4000` | TCP port to listen on; 0 takes a free one. |',
  );
});

it('finds the written reference as the schema has it (npm run config:docs)', () => {
  for (const [file, content] of configDocs()) {
    expect(existsSync(file) && readFileSync(file, 'utf8'), file).toBe(content);
  }
});
