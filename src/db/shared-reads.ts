import type { Direct } from './direct.ts';

type Answer = Promise<readonly unknown[]>;

/**
 * For what takes long and many ask alike, as the length of a list: at most one of the same is under way.
 * Whoever asks meanwhile waits for one more, which begins only then and answers all of them, so that
 * nobody is told anything older than their question. Rows are shared: nobody changes them.
 */
export function shareReads(read: Direct['read']): Direct['read'] {
  const underWay = new Map<string, Answer>();
  const next = new Map<string, Answer>();

  const begin = (key: string, query: Parameters<typeof read>[0]): Answer => {
    next.delete(key);
    const answer = read(query).finally(() => underWay.delete(key));
    underWay.set(key, answer);
    return answer;
  };

  const share = (query: Parameters<typeof read>[0]): Answer => {
    const key = JSON.stringify([query.sql, query.values]);
    const waiting = next.get(key);
    if (waiting) return waiting;
    const running = underWay.get(key);
    if (!running) return begin(key, query);
    const goOn = () => begin(key, query);
    const answer = running.then(goOn, goOn);
    next.set(key, answer);
    return answer;
  };

  return <Row>(query: Parameters<typeof read>[0]) => share(query) as Promise<Row[]>;
}
