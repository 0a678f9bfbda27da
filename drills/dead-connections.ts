// The drill of silently dead connections: the packets of all connections that a server has to PostgreSQL
// are dropped, as when a host is lost or an address moves; new connections work. Writes its table of
// docs/operate/faults.md. Needs Debian's postgresql-15, iptables, iproute2 and root:
// `npm run drill:dead-connections -- [rounds]`.
import { spawnSync } from 'node:child_process';
import build from '../test/support/build.ts';
import { startLoneServer } from '../test/support/cluster.ts';
import { drill, writeRows } from './faults/drill.ts';

const rounds = Number(process.argv[2] ?? 3);

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}

/** Drops what passes on the connections to a port that there are now; answers how to stop that. */
function dropPackets(port: number): () => void {
  const listed = run('ss', ['-Htn', 'state', 'established', `( dport = :${port} )`]);
  const ports = [...listed.matchAll(/:(\d+)\s+\S+:\d+\s*$/gm)].map(([, client = '']) => client);
  const rules = ports.flatMap((client) =>
    [
      [client, `${port}`],
      [`${port}`, client],
    ].map(([from = '', to = '']) => ['-p', 'tcp', '--sport', from, '--dport', to, '-j', 'DROP']),
  );
  for (const rule of rules) run('iptables', ['-I', 'INPUT', ...rule]);
  return () => {
    for (const rule of rules) run('iptables', ['-D', 'INPUT', ...rule]);
  };
}

build();
const rows: string[] = [];
for (let round = 1; round <= rounds; round++) {
  const server = await startLoneServer();
  let restore: () => void = () => undefined;
  try {
    await server.query('CREATE DATABASE vestibule');
    rows.push(
      await drill({
        name: `Packets of all connections dropped, round ${round}`,
        databaseUrl: server.urlOf('vestibule'),
        happen: () => {
          restore = dropPackets(server.port);
          return Promise.resolve({ from: performance.now() });
        },
      }),
    );
  } finally {
    restore();
    await server.close();
  }
}
writeRows('dead-connections', rows);
