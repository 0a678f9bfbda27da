import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate that signs itself, and a certificate for one name that it has signed. */
export interface Certificates {
  /** The file of the one that signs. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Key and certificate in one file. */
  readonly both: string;
}

/** Makes them in a folder, good for a day. */
export function makeCertificates(folder: string, name: string): Certificates {
  const at = (file: string) => join(folder, file);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-x509', '-subj', '/CN=Vestibule tests', '-days', '1'];
  openssl('req', ...ca, ...newKey, '-keyout', at('ca.key'), '-out', at('ca.pem'));
  const request = ['-subj', `/CN=${name}`, '-keyout', at('server.key'), '-out', at('server.csr')];
  openssl('req', ...newKey, ...request);
  writeFileSync(at('names'), `subjectAltName=DNS:${name}\n`);
  const signer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
  const signed = ['-in', at('server.csr'), '-out', at('server.pem'), '-extfile', at('names')];
  openssl('x509', '-req', ...signer, ...signed, '-days', '1');
  const both = readFileSync(at('server.key'), 'utf8') + readFileSync(at('server.pem'), 'utf8');
  writeFileSync(at('both.pem'), both, { mode: 0o600 });
  return {
    ca: at('ca.pem'),
    certificate: at('server.pem'),
    key: at('server.key'),
    both: at('both.pem'),
  };
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} ended with ${status}: ${stderr}`);
}
