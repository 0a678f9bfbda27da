import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { SECRET_VARIABLES } from '../../src/config/secret-files.ts';
import { temporaryFolder } from '../support/process.ts';

const KEY = 'k'.repeat(32);

describe('the environment', () => {
  it('reads every secret from a file that a variable names', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'secret');
    const load = (text: string, env: Readonly<Record<string, string>> = {}) => {
      writeFileSync(file, text);
      return loadConfig({ ...env, SECRET_KEY_FILE: file });
    };
    expect(load(`${KEY}\n`).secretKeys).toEqual([KEY]);
    expect(() => load('short')).toThrow('SECRET_KEY must');
    expect(() => load(' \n')).toThrow('SECRET_KEY_FILE must name a file that is not empty');
    expect(() => load('k'.repeat(65_537))).toThrow('must name a file of at most 65536 bytes');
    expect(() => load(KEY, { SECRET_KEY: KEY })).toThrow(
      'SECRET_KEY and SECRET_KEY_FILE must not both be set',
    );
    expect(() => loadConfig({ SMTP_URL_FILE: folder })).toThrow(
      `SMTP_URL_FILE must name a file (given ${JSON.stringify(folder)})`,
    );
    for (const name of SECRET_VARIABLES) {
      expect(() => loadConfig({ [`${name}_FILE`]: join(folder, 'none') })).toThrow(
        `${name}_FILE must name a file that this user can read: ENOENT`,
      );
    }
  });

  it('names variables that are misspelt, and no others', () => {
    const { misspeltVariables } = loadConfig({
      SELF_REGISTRATON: 'admin',
      log_level: 'debug',
      VESTIBULE_PORT: '1',
      SECRETKEY_FILE: '/x',
      LOGLEVEL: '',
      PATH: '/bin',
      HOSTNAME: 'x',
      HOME: '/root',
      NODE_ENV: 'production',
      SMTP_USER: 'x',
      PGHOST: 'db',
      OTEL_EXPORTER_OTLP_HEADERS: 'x=y',
      TEST_POSTGRES_URL: 'postgres://x',
    });
    expect(misspeltVariables).toEqual([
      { given: 'SELF_REGISTRATON', meant: 'SELF_REGISTRATION' },
      { given: 'log_level', meant: 'LOG_LEVEL' },
      { given: 'VESTIBULE_PORT', meant: 'PORT' },
      { given: 'SECRETKEY_FILE', meant: 'SECRET_KEY_FILE' },
    ]);
  });
});
