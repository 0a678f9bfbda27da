import { describe, expect, it } from 'vitest';
import { faultsOf, isInstalled, PROXIES } from '../support/proxies.ts';

describe.each(PROXIES)('the configuration of %s that docs/operate/install.md has', (name) => {
  it.skipIf(!isInstalled(name))('is right by its own program', () => {
    expect(faultsOf(name)).toBe('');
  });
});
