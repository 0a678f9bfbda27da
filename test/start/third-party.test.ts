import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Bill {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly {
    readonly name: string;
    readonly 'bom-ref': string;
    readonly licenses?: readonly { readonly license: { readonly id?: string } }[];
  }[];
}

/** Licences that ask for nothing but to be named. */
const PERMISSIVE =
  /^(?:MIT|MIT-0|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|CC0-1\.0|Unlicense)$/;

const inBuild = (name: string) =>
  readFileSync(new URL(`../../dist/${name}`, import.meta.url), 'utf8');

describe('a build', () => {
  const bill = JSON.parse(inBuild('sbom.cdx.json')) as Bill;
  const names = bill.components.map(({ name }) => name);

  it('says which packages of others lie in it and beside it, and no others', () => {
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'vestibule' } },
    });
    // In the bundle, beside it, and brought along by one of those.
    expect(names).toEqual(
      expect.arrayContaining(['graphql', 'zod', '@node-rs/argon2', '@prisma/client', 'pg-pool']),
    );
    for (const tool of ['vitest', 'prisma', 'typescript', 'rolldown', 'jiti']) {
      expect(names).not.toContain(tool);
    }
  });

  it('has the notices of all of them, whose licences are permissive', () => {
    const notices = inBuild('THIRD-PARTY-NOTICES.txt');
    for (const component of bill.components) {
      expect(notices).toContain(`\n${component['bom-ref']} (`);
      for (const { license } of component.licenses ?? []) expect(license.id).toMatch(PERMISSIVE);
    }
    expect(notices).toContain('Permission is hereby granted');
  });
});
