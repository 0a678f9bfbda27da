import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createWriteGate, type WriteKind } from '../../src/db/engines/postgresql/write-gate.ts';

/** A gate, and writes that end when they are told to. */
function open(places: number, waitMs = 10_000) {
  const { run } = createWriteGate({ places, waitMs, isStuck: (error) => error === 'locked' });
  const begun: string[] = [];
  const begin = (name: string, what: WriteKind) => {
    const events = new EventEmitter();
    const told = once(events, 'end') as Promise<[error?: string]>;
    const done = run(what, async () => {
      begun.push(name);
      const [error] = await told;
      // No Error, so that it is told from those of the gate.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      if (error !== undefined) throw error;
    });
    return {
      done: done.catch((error: unknown) => error),
      end: async (error?: string) => {
        events.emit('end', error);
        await done.catch(() => undefined);
      },
    };
  };
  return { begin, begun };
}

describe('writes', () => {
  it('to one row take one place, and others go past them', async () => {
    const { begin, begun } = open(6);
    const first = begin('a1', { kind: 'refresh', row: 'a' });
    const second = begin('a2', { kind: 'refresh', row: 'a' });
    await begin('b', { kind: 'refresh', row: 'b' }).end();
    expect(begun).toEqual(['a1', 'b']);
    await first.end();
    expect(begun).toEqual(['a1', 'b', 'a2']);
    await second.end();
  });

  it('of one kind leave a third of the places to others', async () => {
    const { begin, begun } = open(6);
    const logins = Array.from({ length: 6 }, (_, i) =>
      begin('login', { kind: 'login', row: `${i}` }),
    );
    expect(begun).toHaveLength(4);
    await begin('refresh', { kind: 'refresh', row: 'a' }).end();
    expect(begun).toHaveLength(5);
    for (const login of logins) await login.end();
  });

  it('that end at the locks of several rows have one place until one of them succeeds', async () => {
    const { begin, begun } = open(6);
    const locked = ['a', 'b'].map((row) => begin(row, { kind: 'login', row }));
    for (const one of locked) await one.end('locked');
    const next = ['c', 'd', 'e'].map((row) => begin(row, { kind: 'login', row }));
    expect(begun).toEqual(['a', 'b', 'c']);
    await next[0]!.end();
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
    await Promise.all(next.map((one) => one.end()));
  });

  it('wait no longer than they may, and are refused then', async () => {
    const { begin, begun } = open(1, 20);
    const first = begin('first', { kind: 'a' });
    expect(await begin('second', { kind: 'b' }).done).toMatchObject({ name: 'WriteGateFull' });
    await first.end();
    expect(begun).toEqual(['first']);
  });

  it('leave the line when their request is given up', async () => {
    const { begin, begun } = open(1);
    const request = new AbortController();
    const first = begin('first', { kind: 'a' });
    const second = begin('second', { kind: 'a', signal: request.signal });
    request.abort(new Error('gone'));
    expect(await second.done).toMatchObject({ message: 'gone' });
    await first.end();
    expect(begun).toEqual(['first']);
  });
});
