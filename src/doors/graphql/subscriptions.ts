import { isAsyncIterable } from 'graphql-yoga';

/** The subscriptions that are open on one connection. */
export interface Subscriptions {
  /** Takes a place for one more; undefined where there is none left. */
  readonly begin: (bytes: number) => SubscriptionPlace | undefined;
  /** Ends all of them. */
  readonly close: () => void;
}

export interface SubscriptionPlace {
  /** Holds the place for as long as what `subscribe` answers goes on. */
  readonly during: <T>(subscribe: () => Promise<T>) => Promise<T>;
  /** Gives it back. */
  readonly end: () => void;
}

/** What clients asked for stays in memory for as long as the subscription is open. */
const MAX_BYTES = 128 * 1024;

/**
 * @param limit how many may be open at a time
 * @param take takes a place among those of other connections, and answers how to give it back
 */
export function createSubscriptions(
  limit: number,
  take: () => (() => void) | undefined,
): Subscriptions {
  const open = new Set<AsyncIterator<unknown>>();
  let count = 0;
  let held = 0;
  let isClosed = false;

  const follow = (source: AsyncIterator<unknown>, end: () => void) => {
    open.add(source);
    const over = () => {
      open.delete(source);
      end();
    };
    if (isClosed) void source.return?.();
    return {
      next: async () => {
        const result = await source.next().catch((error: unknown) => {
          over();
          throw error;
        });
        if (result.done) over();
        return result;
      },
      return: async () => {
        over();
        return (await source.return?.()) ?? { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };

  return {
    begin: (bytes) => {
      if (isClosed || count >= limit || held + bytes > MAX_BYTES) return undefined;
      const giveBack = take();
      if (!giveBack) return undefined;
      count += 1;
      held += bytes;
      let isOver = false;
      const end = () => {
        if (isOver) return;
        isOver = true;
        count -= 1;
        held -= bytes;
        giveBack();
      };
      const during = async <T>(subscribe: () => Promise<T>) => {
        try {
          const result = await subscribe();
          if (isAsyncIterable(result)) return follow(result[Symbol.asyncIterator](), end) as T;
          end();
          return result;
        } catch (error) {
          end();
          throw error;
        }
      };
      return { during, end };
    },
    close: () => {
      isClosed = true;
      for (const source of open) void source.return?.();
      open.clear();
    },
  };
}
