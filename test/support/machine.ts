/** The browser that tests drive where it is installed (Debian's package `chromium`). */
export const CHROMIUM = '/usr/bin/chromium';

/** A pooler of connections to PostgreSQL, where it is installed (Debian's package `pgbouncer`). */
export const PGBOUNCER = '/usr/sbin/pgbouncer';

/** An independent generator of one-time codes, where it is installed. */
export const OATHTOOL = '/usr/bin/oathtool';
