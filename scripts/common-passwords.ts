// Writes lists/common-passwords.txt: every password of zxcvbn's list, which is made from breaches, one a
// line and sorted; with --check it writes nothing and fails where the file differs from it.
import { readFileSync, writeFileSync } from 'node:fs';
import { dictionary } from '@zxcvbn-ts/language-common';
import { COMMON_PASSWORDS_FILE } from '../src/adapters/common-passwords.ts';
import { foldPassword } from '../src/features/passwords/rules.ts';

const passwords = dictionary['passwords-common'].map(foldPassword);
const content = `${[...new Set(passwords)].sort().join('\n')}\n`;

if (!process.argv.includes('--check')) writeFileSync(COMMON_PASSWORDS_FILE, content);
else if (readFileSync(COMMON_PASSWORDS_FILE, 'utf8') !== content) {
  console.error('lists/common-passwords.txt is out of date: npm run passwords');
  process.exitCode = 1;
}
