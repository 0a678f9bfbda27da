// Writes `schema.graphql`; with --check it fails where that differs from the code, or where the code
// breaks clients of the last release; with --release the contract as it is becomes the released one.
import { readFileSync, writeFileSync } from 'node:fs';
import { breakingChanges, printContract } from './contract.ts';

const FILE = new URL('../schema.graphql', import.meta.url);
const RELEASED = new URL('../schema.released.graphql', import.meta.url);
const printed = printContract();

if (process.argv.includes('--release')) {
  writeFileSync(RELEASED, printed);
} else if (!process.argv.includes('--check')) {
  writeFileSync(FILE, printed);
} else {
  const faults = breakingChanges(readFileSync(RELEASED, 'utf8'));
  if (readFileSync(FILE, 'utf8') !== printed) {
    faults.push('schema.graphql does not match the code: run `npm run schema`');
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exit(1);
}
