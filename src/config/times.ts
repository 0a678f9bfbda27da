import { integer } from './fields.ts';

/** How long requests, connections and a stop may take. */
export const TIMES = {
  REQUEST_SECONDS: integer(1, 3600).default(30).meta({
    description:
      'How long a request is worked on, in seconds; then it is answered with `TIMED_OUT`.',
  }),
  KEEP_ALIVE_SECONDS: integer(1, 3600)
    .default(75)
    .meta({
      description:
        'How long a connection stays open without a request, in seconds. It must be longer than a proxy keeps ' +
        'its connections to the server: 60 seconds are common.',
    }),
  SHUTDOWN_DELAY_SECONDS: integer(0, 3600)
    .optional()
    .meta({
      description:
        'How long a server that is told to stop goes on answering everything while `/readyz` says 503, in ' +
        'seconds: until the proxies have noticed. A second signal ends it at once.',
      defaultText: '`10` in production, `0` in development',
    }),
  DRAIN_SECONDS: integer(0, 3600).default(10).meta({
    description: 'How long requests and mails under way may take to finish at a stop, in seconds.',
  }),
} as const;
