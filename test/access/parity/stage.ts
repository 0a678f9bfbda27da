import { startApp } from '../../support/app.ts';
import { ACTORS, type ActorName, createWorld } from '../world.ts';
import type { Door, Input } from './doors.ts';
import { watchDatabase } from './effects.ts';
import { createOutcomes } from './outcomes.ts';
import { sceneOf } from './scene.ts';
import type { Try } from './try.ts';

/** How a door answered, and what came of it. */
export interface Ended {
  readonly verdict: string;
  /** One line for each row that is otherwise than before. */
  readonly effects: readonly string[];
  /** The ids in what the operation answered. */
  readonly ids: readonly string[];
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** The world of the sweep, which each try finds as the one before did. */
export async function openStage() {
  const outcomes = createOutcomes();
  const app = await startApp({ observe: outcomes.observe });
  const world = await createWorld(app);
  const { background, changes, db } = app.services;
  const credentials = new Map<ActorName, Readonly<Record<string, string>>>();
  for (const actor of ACTORS) credentials.set(actor, await world.credentials(actor));
  const sessions = new Map<ActorName, ReadonlySet<string>>();
  for (const actor of ACTORS) {
    const where = { userId: world.idOf(actor), revokedAt: null };
    const own = await db.prisma.session.findMany({ where });
    sessions.set(actor, new Set(own.map(({ id }) => id)));
  }
  // The first use of a key in a minute is written down.
  const headers = credentials.get('apiKey')!;
  await app.rest('POST', '/graphql', { headers, body: { query: '{ me { id } }' } });

  // What has been is not looked at, and every try reads all that there is.
  await db.prisma.auditEvent.deleteMany();

  const database = watchDatabase(app.databaseUrl);
  const bare = database.read();
  const putBack = (stock: typeof bare) => {
    if (database.putBack(stock)) changes.publish({ kind: 'gap' });
  };

  return {
    set: async (attempt: Try, actor: ActorName): Promise<Input> => {
      putBack(bare);
      const input = await attempt(sceneOf(app, world, actor));
      changes.publish({ kind: 'gap' });
      return input;
    },
    ask: async (door: Door, actor: ActorName, input: Input): Promise<Ended> => {
      const before = database.read();
      const own = sessions.get(actor)!;
      outcomes.take();
      const heard = await door.ask(app, credentials.get(actor)!, input, outcomes.take);
      await background.close();
      const ended = {
        verdict: heard.verdict,
        effects: database.effects(before, database.read(), own),
        ids: database.ids(before, heard.result, own),
      };
      putBack(before);
      return ended;
    },
    close: async () => {
      database.close();
      await app.close();
    },
  };
}
