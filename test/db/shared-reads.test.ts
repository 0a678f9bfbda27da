import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Direct } from '../../src/db/direct.ts';
import { Prisma } from '../../src/db/generated/sqlite/client.ts';
import { shareReads } from '../../src/db/shared-reads.ts';

const question = (name: string) => Prisma.sql`SELECT count(*) FROM "User" WHERE "name" = ${name}`;

/** Longer than a busy machine lets a turn of the event loop wait. */
const TOOK_MS = 200;

/** A database that answers what it held when it was asked, once it is told to. */
function slowDatabase() {
  const asked: { answer: () => void; fail: (error: Error) => void }[] = [];
  let held = 0;
  const read = (() =>
    new Promise<unknown>((resolve, reject) => {
      const seen = held;
      asked.push({ answer: () => resolve([seen]), fail: reject });
    })) as unknown as Direct['read'];
  return { asked, read: shareReads(read), put: (value: number) => (held = value) };
}

describe('reads that are shared', () => {
  it('are never older than the question, and at most one of a kind is under way', async () => {
    const { asked, read, put } = slowDatabase();
    const first = read(question('a'));
    put(1);
    const meanwhile = Array.from({ length: 100 }, () => read(question('a')));
    expect(asked).toHaveLength(1);
    put(2);
    asked[0]?.answer();
    expect(await first).toEqual([0]);
    await turn();
    expect(asked).toHaveLength(2);
    put(3);
    const later = read(question('a'));
    asked[1]?.answer();
    expect(await Promise.all(meanwhile)).toEqual(Array(100).fill([2]));
    await expect.poll(() => asked.length).toBe(3);
    asked[2]?.answer();
    expect(await later).toEqual([3]);
    expect(asked).toHaveLength(3);
  });

  it('rest as long as one took that several waited for, and let more come meanwhile', async () => {
    const { asked, read, put } = slowDatabase();
    const first = read(question('a'));
    const shared = [read(question('a')), read(question('a'))];
    asked[0]?.answer();
    await first;
    await turn();
    await wait(TOOK_MS);
    const before = read(question('a'));
    asked[1]?.answer();
    await Promise.all(shared);
    const answeredAt = performance.now();
    await turn();
    const inRest = read(question('a'));
    put(4);
    expect(asked).toHaveLength(2);
    await expect.poll(() => asked.length).toBe(3);
    expect(performance.now() - answeredAt).toBeGreaterThan(TOOK_MS / 2);
    asked[2]?.answer();
    expect(await Promise.all([before, inRest])).toEqual([[4], [4]]);
    expect(asked).toHaveLength(3);
  });

  it('are apart where the values differ', () => {
    const { asked, read } = slowDatabase();
    for (const name of ['a', 'b', 'a', 'b']) void read(question(name));
    expect(asked).toHaveLength(2);
  });

  it('fail for who asked, and not for who waited', async () => {
    const { asked, read } = slowDatabase();
    const first = read(question('a'));
    const second = read(question('a'));
    asked[0]?.fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await turn();
    asked[1]?.answer();
    expect(await second).toEqual([0]);
    const third = read(question('a'));
    asked[2]?.answer();
    expect(await third).toEqual([0]);
  });
});
