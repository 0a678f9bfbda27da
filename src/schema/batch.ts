import DataLoader from 'dataloader';
import type { Context } from '../core/context.ts';

/**
 * A loader for fields of many objects: what they ask for in one tick of one request is read at once,
 * and nothing is remembered beyond the request.
 */
export function batched<K, V>(
  load: (ctx: Context, keys: readonly K[]) => Promise<ReadonlyMap<K, V>>,
  absent: V,
): (ctx: Context, key: K) => Promise<V> {
  const loaders = new WeakMap<Context, DataLoader<K, V>>();
  const create = (ctx: Context) => {
    const loader = new DataLoader<K, V>(async (keys) => {
      const found = await load(ctx, keys);
      return keys.map((key) => found.get(key) ?? absent);
    });
    loaders.set(ctx, loader);
    return loader;
  };
  return (ctx, key) => (loaders.get(ctx) ?? create(ctx)).load(key);
}
