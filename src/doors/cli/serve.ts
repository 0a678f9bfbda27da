import type { Command } from './command.ts';

export const serveCommand: Command = {
  usage: '',
  summary: 'Serves, as `node dist/main.cjs` does: migrates, listens, and drains at SIGTERM.',
  options: {},
  positionals: 0,
  run: async ({ env }) => {
    // Loaded only here: no other command should pay for the schema and the doors.
    const { serve } = await import('../../server/serve.ts');
    await serve(env);
    // The process goes on for as long as it listens.
    return 0;
  },
};
