import { integer } from './fields.ts';

/** How long what is over is kept; `features/clean-up/rules.ts` is the table of what that is. */
export const RETENTION = {
  CLEAN_UP_SECONDS: integer(0, 604_800)
    .default(3600)
    .meta({
      description:
        'How often the server deletes what is over, in seconds; of all processes over a database one does ' +
        'it. 0 leaves it to the command `prune`.',
    }),
  SESSION_RETENTION_DAYS: integer(0, 36_500).default(30).meta({
    description:
      'Days for which a session is kept after it ended or expired, at least as long as its tokens live.',
  }),
  DEVICE_RETENTION_DAYS: integer(1, 36_500)
    .default(365)
    .meta({
      description:
        'Days after the last sign-in from a device at an address from which the next one from there is told ' +
        'by mail as that of a new device.',
    }),
  MAIL_RETENTION_DAYS: integer(4, 36_500)
    .default(30)
    .meta({
      description:
        'Days for which the outbox keeps a mail after it was written: to whom, which kind and when, once it ' +
        'is sent. One that waited as long for a mail server is deleted too.',
    }),
  AUDIT_RETENTION_DAYS: integer(0, 36_500).default(0).meta({
    description: 'Age in days from which events of the audit are removed; 0 keeps them for ever.',
  }),
} as const;
