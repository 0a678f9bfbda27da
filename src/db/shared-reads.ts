import { setTimeout as wait } from 'node:timers/promises';
import type { Direct } from './direct.ts';

type Read = Direct['read'];
type Query = Parameters<Read>[0];
type Answer = Promise<readonly unknown[]>;

/** One that is to begin, and how many wait for it. */
interface Next {
  readonly answer: Answer;
  askers: number;
}

/**
 * For what takes long and many ask alike, as the length of a list: at most one of the same is under way.
 * Whoever asks meanwhile waits for one more, which begins only then and answers all of them, so that
 * nobody is told anything older than their question. One that several waited for is followed by as long a
 * rest, in which more come: the database spends no more than half its time on what many ask at once.
 * Rows are shared: nobody changes them.
 */
export function shareReads(read: Read): Read {
  /** Done when another of the same may begin. */
  const turns = new Map<string, Promise<void>>();
  const next = new Map<string, Next>();

  const begin = (key: string, query: Query): Answer => {
    const askers = next.get(key)?.askers ?? 1;
    next.delete(key);
    const began = performance.now();
    const answer: Answer = read(query);
    const over = async () => {
      await answer.catch(() => undefined);
      if (askers > 1) await wait(performance.now() - began);
      if (!next.has(key)) turns.delete(key);
    };
    turns.set(key, over());
    return answer;
  };

  const share = (query: Query): Answer => {
    const key = JSON.stringify([query.sql, query.values]);
    const turn = turns.get(key);
    if (!turn) return begin(key, query);
    const waiting = next.get(key);
    if (waiting) {
      waiting.askers++;
      return waiting.answer;
    }
    const answer = turn.then(() => begin(key, query));
    next.set(key, { answer, askers: 1 });
    return answer;
  };

  return <Row>(query: Query) => share(query) as Promise<Row[]>;
}
