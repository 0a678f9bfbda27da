import { expect, it } from 'vitest';
import { toTokens } from '../../examples/recipes/tokens.ts';
import { askAll, FIFTY, page, startStage } from './stage.ts';

it('refreshes before urql asks with a token that it knows to be over', async () => {
  const stage = await startStage();
  const { ask, pair, stored } = await stage.open('urql');
  stored.tokens = toTokens({ ...pair, expiresIn: 0 });
  expect(await askAll(ask, FIFTY)).toEqual(FIFTY.map(page));
  expect(stage.counts()).toEqual({ queries: 50, refreshes: 1 });
  await stage.close();
});
