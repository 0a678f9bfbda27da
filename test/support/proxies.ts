import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { makeCertificates } from './certificates.ts';
import { FOLDERS } from './folders.ts';
import { blockOf } from './install-guide.ts';
import { CADDY, HAPROXY, NGINX } from './machine.ts';
import { freePort } from './process.ts';

/** The name that the proxies have a certificate for. */
export const SITE = 'accounts.example.com';
const CERTIFICATE = '/etc/ssl/private/accounts.example.com.pem';
const PORTS = ['4001', '4002', '4003'];

/** A proxy as the page on the installation configures it. */
export interface Proxy {
  readonly name: ProxyName;
  readonly port: number;
  /** The certificate of whoever signed its own. */
  readonly ca: string;
  readonly close: () => Promise<void>;
}

const PROGRAMS = {
  nginx: {
    program: NGINX,
    run: (file: string) => ['-c', file, '-e', `${file}.log`],
    check: (file: string) => ['-t', '-c', file, '-e', `${file}.log`],
    listen: { from: 'listen 443 ssl', to: (port: number) => `listen 127.0.0.1:${port} ssl` },
    hasten: {},
    whole: (text: string, folder: string) => {
      const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const temporary = kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join(' ');
      const head = `daemon off; worker_processes 1; pid ${join(folder, 'nginx.pid')};`;
      const http = `access_log off; ${temporary}\n${text}`;
      return `${head}\nevents { worker_connections 1024; }\nhttp { ${http} }\n`;
    },
  },
  haproxy: {
    program: HAPROXY,
    run: (file: string) => ['-db', '-f', file],
    check: (file: string) => ['-c', '-f', file],
    listen: { from: 'bind :443', to: (port: number) => `bind 127.0.0.1:${port}` },
    hasten: { ' check\n': ' check inter 300ms fall 2 rise 1\n' },
    whole: (text: string) => text,
  },
  caddy: {
    program: CADDY,
    run: (file: string) => ['run', '--config', file, '--adapter', 'caddyfile'],
    check: (file: string) => ['validate', '--config', file, '--adapter', 'caddyfile'],
    listen: { from: `${SITE} {`, to: (port: number) => `${SITE}:${port} {` },
    hasten: { 'health_interval 2s': 'health_interval 300ms' },
    whole: (text: string) => `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${text}`,
  },
} as const;

export type ProxyName = keyof typeof PROGRAMS;

export const PROXIES = Object.keys(PROGRAMS) as ProxyName[];

export function isInstalled(name: ProxyName): boolean {
  return existsSync(PROGRAMS[name].program);
}

interface Written {
  readonly folder: string;
  readonly file: string;
  readonly ca: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What a proxy's own program says against its configuration as the page has it; nothing where it is right. */
export function faultsOf(name: ProxyName): string {
  const written = write(name, 8443, {});
  const { program, check } = PROGRAMS[name];
  const { status, stdout, stderr } = spawnSync(program, check(written.file), {
    encoding: 'utf8',
    env: written.env,
  });
  rmSync(written.folder, { recursive: true });
  return status === 0 ? '' : stdout + stderr;
}

/**
 * Starts a proxy before processes of the server, which need not listen yet.
 * @param isHasty whether it checks them several times a second
 */
export async function startProxy(
  name: ProxyName,
  targets: readonly number[],
  isHasty: boolean,
): Promise<Proxy> {
  const port = await freePort();
  const { program, run, hasten } = PROGRAMS[name];
  // Each process of the page is one that there is; with two, the second one is named twice.
  const ports = PORTS.map((from, i) => [from, String(targets[Math.min(i, targets.length - 1)])]);
  const replaced = { ...Object.fromEntries(ports), ...(isHasty && hasten) };
  const { folder, file, ca, env } = write(name, port, replaced);
  const child = spawn(program, run(file), { stdio: ['ignore', 'ignore', 'pipe'], env });
  let said = '';
  child.stderr.on('data', (part) => (said = (said + String(part)).slice(-2000)));
  while (!(await speaksTls(port))) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
    await sleep(50);
  }
  return {
    name,
    port,
    ca,
    close: async () => {
      await end(child);
      rmSync(folder, { recursive: true });
    },
  };
}

function write(name: ProxyName, port: number, replaced: Readonly<Record<string, string>>): Written {
  const folder = mkdtempSync(join(FOLDERS, `vestibule-${name}-`));
  const { ca, both } = makeCertificates(folder, SITE);
  const { listen, whole } = PROGRAMS[name];
  const file = join(folder, `${name}.conf`);
  const [from, to] = [listen.from, listen.to(port)];
  writeFileSync(
    file,
    whole(blockOf(name, { [from]: to, [CERTIFICATE]: both, ...replaced }), folder),
  );
  const env = { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder };
  return { folder, file, ca: readFileSync(ca, 'utf8'), env };
}

function speaksTls(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, servername: SITE, rejectUnauthorized: false };
    const socket = connect(options, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  clearTimeout(timer);
}
