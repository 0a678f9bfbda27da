import { readFileSync, statSync } from 'node:fs';
import { ENVIRONMENT } from './environment.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Long enough for any list of keys. */
const MAX_BYTES = 65_536;

/** The variables whose values are secret. */
export const SECRET_VARIABLES: readonly string[] = Object.entries(ENVIRONMENT.shape)
  .filter(([, schema]) => schema.meta()?.['secret'] === true)
  .map(([name]) => name);

/** The variable that names a file with the value of a secret one. */
export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/**
 * The environment with each secret `<NAME>` read from the file that `<NAME>_FILE` names, without the white space
 * around it: what systemd, Docker and Kubernetes put there. Also what is wrong with the files, a sentence each.
 */
export function readSecretFiles(env: Env): { readonly env: Env; readonly faults: string[] } {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of SECRET_VARIABLES) {
    const variable = fileVariable(name);
    const file = env[variable];
    if (!file) continue;
    if (env[name]) {
      faults.push(`${name} and ${variable} must not both be set`);
      continue;
    }
    const read = readSecret(file);
    if ('text' in read) values[name] = read.text;
    else faults.push(`${variable} ${read.fault} (given ${JSON.stringify(file)})`);
  }
  return { env: { ...env, ...values }, faults };
}

function readSecret(file: string): { readonly text: string } | { readonly fault: string } {
  try {
    const found = statSync(file);
    if (!found.isFile()) return { fault: 'must name a file' };
    if (found.size > MAX_BYTES) return { fault: `must name a file of at most ${MAX_BYTES} bytes` };
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? { fault: 'must name a file that is not empty' } : { text };
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return { fault: `must name a file that this user can read: ${code}` };
  }
}
