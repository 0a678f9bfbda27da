import { existsSync } from 'node:fs';
import {
  CADDY,
  CHROMIUM,
  HAPROXY,
  NGINX,
  OATHTOOL,
  PGBOUNCER,
  POSTGRESQL_PROGRAMS,
  SYSTEMD_ANALYZE,
} from './machine.ts';

/** Says once what this machine leaves out of the run; in CI nothing may be left out. */
export default function sayWhatIsSkipped(): void {
  const skipped: string[] = [];
  if (process.env['TEST_POSTGRES_URL'] === undefined) {
    skipped.push(
      'everything on PostgreSQL: set TEST_POSTGRES_URL to a server where databases may be made',
    );
  }
  if (!existsSync(CHROMIUM)) skipped.push(`everything in a browser: there is no ${CHROMIUM}`);
  if (!existsSync(OATHTOOL)) skipped.push(`the comparison with oathtool: there is no ${OATHTOOL}`);
  if (!existsSync(PGBOUNCER)) skipped.push(`everything behind PgBouncer: there is no ${PGBOUNCER}`);
  if (!existsSync(POSTGRESQL_PROGRAMS))
    skipped.push(`read replicas, and the installation: there is no ${POSTGRESQL_PROGRAMS}`);
  for (const proxy of [NGINX, HAPROXY, CADDY]) {
    if (!existsSync(proxy)) skipped.push(`everything behind ${proxy}, which is not there`);
  }
  if (!existsSync(SYSTEMD_ANALYZE)) skipped.push(`the unit file: there is no ${SYSTEMD_ANALYZE}`);
  if (skipped.length === 0) return;
  const lines = skipped.map((line) => `Skipped: ${line}.\n`).join('');
  if (process.env['TEST_REQUIRE_ALL'] !== undefined) throw new Error(lines);
  process.stdout.write(`\n${lines}`);
}
