/** The browser that tests drive where it is installed (Debian's package `chromium`). */
export const CHROMIUM = '/usr/bin/chromium';

/** A pooler of connections to PostgreSQL, where it is installed (Debian's package `pgbouncer`). */
export const PGBOUNCER = '/usr/sbin/pgbouncer';

/** An independent generator of one-time codes, where it is installed. */
export const OATHTOOL = '/usr/bin/oathtool';

/** Proxies that stand before the server, where they are installed (Debian's packages of these names). */
export const NGINX = '/usr/sbin/nginx';
export const CADDY = '/usr/bin/caddy';

/** Also a balancer of connections to PostgreSQL. */
export const HAPROXY = '/usr/sbin/haproxy';

/** The programs of PostgreSQL's server, where Debian's package `postgresql` puts them. */
export const POSTGRESQL_PROGRAMS = '/usr/lib/postgresql/15/bin';

/** Checks unit files, where systemd is installed. */
export const SYSTEMD_ANALYZE = '/usr/bin/systemd-analyze';
