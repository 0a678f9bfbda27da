/** The browser that tests drive where it is installed (Debian's package `chromium`). */
export const CHROMIUM = '/usr/bin/chromium';

/** A pooler of connections to PostgreSQL, where it is installed (Debian's package `pgbouncer`). */
export const PGBOUNCER = '/usr/sbin/pgbouncer';

/** An independent generator of one-time codes, where it is installed. */
export const OATHTOOL = '/usr/bin/oathtool';

/** A balancer of connections, where it is installed (Debian's package `haproxy`). */
export const HAPROXY = '/usr/sbin/haproxy';

/** The programs of PostgreSQL's server, where Debian's package `postgresql` puts them. */
export const POSTGRESQL_PROGRAMS = '/usr/lib/postgresql/15/bin';
