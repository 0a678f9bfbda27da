import { integer } from './fields.ts';

/** How much mail may go where; `mail/budget.ts` says how it is counted. */
export const MAIL_BUDGETS = {
  MAIL_PER_ADDRESS: integer(1, 10_000)
    .default(20)
    .meta({
      description:
        'Mails of one kind an hour to one address that prove it or invite its reader. Further ones are left ' +
        'out. All other mail goes to proven addresses alone.',
    }),
  MAIL_PER_ACCOUNT: integer(1, 1_000_000).default(100).meta({
    description: 'The same for all mails that one account asks for, to whichever address.',
  }),
  MAIL_PER_HOUR: integer(10, 100_000_000)
    .default(5000)
    .meta({
      description:
        'Mails an hour that all processes send together, half of them of one kind at most. The rest waits ' +
        'for the next hour. At least ten times `MAIL_PER_ACCOUNT`.',
    }),
  MAIL_GATHER_SECONDS: integer(1, 86_400)
    .default(900)
    .meta({
      description:
        'How long notices of one kind to one address are gathered, in seconds: the first is sent at once, ' +
        'one more at the end stands for all others.',
    }),
};
