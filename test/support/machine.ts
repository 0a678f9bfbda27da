/** The browser that tests drive where it is installed (Debian's package `chromium`). */
export const CHROMIUM = '/usr/bin/chromium';
