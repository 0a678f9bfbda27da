import { hosts, integer } from './fields.ts';

/** Which names the server answers to, and how many connections stay open. */
export const CONNECTIONS = {
  ALLOWED_HOSTS: hosts.optional().meta({
    description:
      'Host names, comma-separated, that the server answers to besides the one of `PUBLIC_URL`; ' +
      '`*.example.com` stands for all names below `example.com`. Any other name is answered with ' +
      '`HOST_NOT_ALLOWED`, except for health checks.',
    defaultText:
      'any name in production; in development `localhost`, names below it, `HOST` and IP addresses',
  }),
  SOCKETS_TOTAL: integer(1, 1_000_000).default(10_000).meta({
    description: 'WebSockets and event streams (SSE) that one process holds open.',
  }),
  SOCKETS_PER_ADDRESS: integer(1, 1_000_000)
    .default(100)
    .meta({
      description:
        'The same for one client address (for IPv6 its /64). Behind a proxy that is not in ' +
        '`TRUSTED_PROXIES` all clients have one address.',
    }),
  SOCKETS_PER_USER: integer(1, 1_000_000).default(100).meta({
    description: 'The same for one user, from all addresses.',
  }),
  SUBSCRIPTIONS_PER_CONNECTION: integer(1, 10_000).default(100).meta({
    description: 'Subscriptions that one WebSocket may have open at a time.',
  }),
} as const;
