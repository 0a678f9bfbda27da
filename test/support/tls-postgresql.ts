import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from './certificates.ts';
import { owner, runProgram, startServer } from './cluster.ts';

const SUPERUSER_PASSWORD = 'the password of the superuser';

/** A PostgreSQL server that takes connections over TLS alone, with passwords, under the name `localhost`. */
export interface TlsPostgresql {
  readonly port: number;
  /** The file with the certificate of whoever signed the server's. */
  readonly ca: string;
  readonly superuserPassword: string;
  readonly close: () => Promise<void>;
}

export async function startTlsPostgresql(): Promise<TlsPostgresql> {
  const folder = mkdtempSync(join(tmpdir(), 'vestibule-tls-postgresql-'));
  const { ca, certificate, key } = makeCertificates(folder, 'localhost');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, SUPERUSER_PASSWORD);
  if (owner)
    for (const path of [folder, key, certificate, passwordFile]) {
      chownSync(path, owner.uid, owner.gid);
    }
  const data = join(folder, 'data');
  const auth = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  runProgram('initdb', ...auth, '--username=postgres', '--encoding=UTF8', '-D', data);
  const rules = ['127.0.0.1/32', '::1/128'].map(
    (from) => `hostssl all all ${from} scram-sha-256\n`,
  );
  writeFileSync(join(data, 'pg_hba.conf'), rules.join(''));
  const settings = [
    `listen_addresses = 'localhost'`,
    `unix_socket_directories = ''`,
    'ssl = on',
    `ssl_cert_file = '${certificate}'`,
    `ssl_key_file = '${key}'`,
    '',
  ];
  const urlOf = (port: number) => {
    const tls = `sslmode=verify-full&sslrootcert=${ca}`;
    return `postgresql://postgres:${encodeURIComponent(SUPERUSER_PASSWORD)}@localhost:${port}/postgres?${tls}`;
  };
  const { port, kill } = await startServer(data, settings.join('\n'), urlOf);
  return {
    port,
    ca: readFileSync(ca, 'utf8'),
    superuserPassword: SUPERUSER_PASSWORD,
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
