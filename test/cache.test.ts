import { describe, expect, it } from 'vitest';
import { bytesOfRow, bytesOfTexts, createCache } from '../src/adapters/cache.ts';

describe('a cache', () => {
  const bytesOf = (value: string, key: string) => bytesOfTexts(key, value);

  it('forgets what was used the longest ago before it takes more bytes than it may', () => {
    const dropped: string[] = [];
    const bytes = 10 * bytesOf('x'.repeat(100), 'k0');
    const onDrop = (_value: string, key: string) => dropped.push(key);
    const cache = createCache<string>({ entries: 1000, bytes, bytesOf, onDrop });
    for (let i = 0; i < 12; i++) {
      cache.get('k0');
      cache.set(`k${i}`, 'x'.repeat(100));
    }
    expect(cache.get('k0')).toBeDefined();
    expect(cache.get('k1')).toBeUndefined();
    expect(dropped).toContain('k1');
    expect(cache.size().bytes).toBeLessThanOrEqual(bytes);
  });

  it('keeps nothing that is larger than all of it', () => {
    const cache = createCache<string>({ entries: 10, bytes: 10_000, bytesOf });
    cache.set('small', 'x');
    cache.set('large', 'x'.repeat(10_000));
    expect(cache.get('large')).toBeUndefined();
    expect(cache.get('small')).toBe('x');
  });

  it('keeps so many entries, however small they are', () => {
    const cache = createCache<string>({ entries: 10, bytes: 2 ** 20, bytesOf });
    for (let i = 0; i < 100; i++) cache.set(`k${i}`, '');
    expect(cache.size().entries).toBe(10);
  });

  it('reckons the texts of a row and of the rows in it', () => {
    const name = 'x'.repeat(1000);
    expect(bytesOfRow({ name })).toBeGreaterThan(2000);
    expect(bytesOfRow({ user: { name }, at: new Date(0), gone: null })).toBeGreaterThan(2000);
  });
});
