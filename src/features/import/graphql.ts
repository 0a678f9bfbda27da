import { builder, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import type { LineOutcome } from './batch.ts';
import { importUsers } from './operations.ts';

const ImportOutcome = builder.enumType('ImportOutcome', {
  description: 'What became of a user who was to be taken over.',
  values: {
    CREATED: { description: 'The account is made.' },
    EXISTS: { description: 'They were there already and are left as they were.' },
    REFUSED: { description: 'Nothing is made; `field` and `rule` say why.' },
  },
});

const ImportedLine = builder.objectRef<LineOutcome>('ImportedLine').implement({
  description: 'What became of one user of an import.',
  extensions: OPEN,
  fields: (t) => ({
    line: t.exposeInt('line', { description: 'Its place in the list, from 1.' }),
    outcome: t.expose('outcome', { type: ImportOutcome, description: 'What became of it.' }),
    userId: t.id({
      nullable: true,
      description: 'Whose account it is; null where there is none.',
      resolve: (line) => (line.outcome === 'REFUSED' ? null : line.userId),
    }),
    field: t.string({
      nullable: true,
      description: 'What is at fault; null where nothing is, empty where it is all of it.',
      resolve: (line) => (line.outcome === 'REFUSED' ? line.field : null),
    }),
    rule: t.string({
      nullable: true,
      description: 'The rule that it breaks.',
      resolve: (line) => (line.outcome === 'REFUSED' ? line.rule : null),
    }),
  }),
});

const count = (lines: readonly LineOutcome[], outcome: LineOutcome['outcome']) =>
  lines.filter((line) => line.outcome === outcome).length;

const ImportUsersPayload = builder
  .objectRef<{ readonly lines: readonly LineOutcome[] }>('ImportUsersPayload')
  .implement({
    description: 'Users of another system are taken over.',
    extensions: OPEN,
    fields: (t) => ({
      lines: t.expose('lines', { type: [ImportedLine], description: 'One for each, in order.' }),
      created: t.int({
        description: 'How many accounts were made.',
        resolve: ({ lines }) => count(lines, 'CREATED'),
      }),
      existing: t.int({
        description: 'How many were there already.',
        resolve: ({ lines }) => count(lines, 'EXISTS'),
      }),
      refused: t.int({
        description: 'How many were refused.',
        resolve: ({ lines }) => count(lines, 'REFUSED'),
      }),
    }),
  });

mutationOf(importUsers, ImportUsersPayload);
