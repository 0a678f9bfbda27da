import { readFileSync } from 'node:fs';

/** What codegen writes for the example front ends. */
export const MANIFEST_FILE = 'examples/generated/persisted-documents.json';
export const MANIFEST = JSON.parse(readFileSync(MANIFEST_FILE, 'utf8')) as Record<string, string>;

/** The id of the document that has this operation, such as `query Me`. */
export function idOf(operation: string): string {
  const id = Object.keys(MANIFEST).find((key) => MANIFEST[key]?.includes(operation));
  if (id === undefined) throw new Error(`no document has ${operation}`);
  return id;
}
