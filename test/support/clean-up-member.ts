// A process that cleans a database up whenever it is told to: its own turn, and without one.
import { loadConfig } from '../../src/config/config.ts';
import { createServices } from '../../src/server/create-services.ts';
import { cleanUp } from '../../src/features/clean-up/run.ts';
import { takeTurn } from '../../src/features/clean-up/turn-store.ts';

/** What a member is told to do at a time of its clock. */
export interface CleanUpOrder {
  readonly now: number;
  readonly what: 'cleanUp' | 'takeTurn';
}

export interface CleanUpReply {
  readonly removed: Readonly<Record<string, number>>;
  readonly hasTurn: boolean;
}

const config = loadConfig(process.env);
const time = { now: new Date() };
const clock = { now: () => time.now };
const services = await createServices(config, { clock, databaseClock: clock });
const { db, random } = services;

async function obey({ now, what }: CleanUpOrder): Promise<CleanUpReply> {
  time.now = new Date(now);
  if (what === 'takeTurn') {
    return { removed: {}, hasTurn: await takeTurn(db, random.uuid(), 60) };
  }
  const removed: Record<string, number> = {};
  const onRemoved = ({ name }: { name: string }, rows: number) => {
    removed[name] = (removed[name] ?? 0) + rows;
  };
  await cleanUp(services, { by: 'test', onRemoved });
  return { removed, hasTurn: true };
}

process.on('message', (order: CleanUpOrder) => {
  obey(order).then(
    (reply) => process.send?.(reply),
    (error: Error) => process.send?.({ error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
