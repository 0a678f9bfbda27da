import fc from 'fast-check';
import {
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { documentFor } from '../access/probe.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { casting, expectNoSecret, HOLES, junk, NAMES, nastyText } from '../support/fuzz.ts';
import { setUpAdmin } from '../support/people.ts';

/** Of all databases together. The long form is FUZZ_REQUESTS=200000. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 500) / providers.length;

/** What a text stands for, by its name. */
const TEXTS: readonly (readonly [RegExp, fc.Arbitrary<unknown>])[] = [
  [/email/i, fc.nat({ max: 99_999 }).map((n) => `new${n}@example.com`)],
  [/password/i, fc.constantFrom(HOLES.password, 'wrong', 'another good long phrase')],
  [/token/i, fc.constantFrom(HOLES.access, HOLES.refresh, 'none')],
  [/(^id|Id)$/, fc.constantFrom(NAMES.id, 'none')],
  [/./, fc.constantFrom(NAMES.username, NAMES.other, 'something new')],
];

/** Values of an input type, most of which are what it asks for. */
function valuesOf(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return seldomJunk(saneOf(type.ofType, name));
  return fc.oneof({ weight: 2, arbitrary: valuesNotNull(type, name) }, junkOr(null));
}

function valuesNotNull(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  return seldomJunk(saneOf(type, name));
}

const junkOr = (value: unknown) => ({ weight: 1, arbitrary: fc.constantFrom(value, undefined) });
const seldomJunk = (sane: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 20, arbitrary: sane },
    { weight: 2, arbitrary: nastyText },
    { weight: 1, arbitrary: junk },
  );

function saneOf(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (isListType(type)) return fc.array(valuesOf(type.ofType, name), { maxLength: 3 });
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return fc.record(
      Object.fromEntries(fields.map((field) => [field.name, valuesOf(field.type, field.name)])),
    );
  }
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name));
  const scalar = getNamedType(type).name;
  if (scalar === 'Boolean') return fc.boolean();
  if (scalar === 'Int') return fc.integer({ min: -1, max: 400 });
  if (scalar === 'DateTime') return fc.constantFrom('2026-02-28T00:00:00Z', '2026-02-30');
  return TEXTS.find(([pattern]) => pattern.test(name))![1];
}

const fieldsOf = (kind: 'query' | 'mutation') => {
  const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type!.getFields()).map((field) => [kind, field] as const);
};
const FIELDS = [...fieldsOf('mutation'), ...fieldsOf('query')];

const requestFor = ([kind, field]: readonly [string, GraphQLField<unknown, unknown>]) =>
  fc.record({
    as: fc.constantFrom('stranger' as const, 'user' as const, 'admin' as const),
    by: fc.constantFrom(HOLES.access, HOLES.access, HOLES.access, HOLES.key),
    query: fc.constant(
      documentFor(kind, field, Object.fromEntries(field.args.map(({ name }) => [name, true]))),
    ),
    variables: fc.record(
      Object.fromEntries(field.args.map(({ name, type }) => [name, valuesOf(type, name)])),
    ),
  });
const request = fc.oneof(...FIELDS.map(requestFor));

describe.each(providers)('whatever is asked of any root field on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app, 'the first');
  });
  afterAll(() => app.close());

  const castForRequest = casting(() => app, REQUESTS);

  it(
    'is answered without a fault of ours and without a secret',
    { timeout: 60_000 + REQUESTS * 40 },
    async () => {
      const property = fc.asyncProperty(request, async ({ as, by, query, variables }) => {
        const people = await castForRequest();
        const person = people[as === 'stranger' ? 'user' : as];
        const fill = (text: string) =>
          text.replace(/<<(\w+)>>/g, (_all, hole: keyof typeof person) => person[hole]);
        const answer = await app.rest('POST', '/graphql', {
          body: fill(JSON.stringify({ query, variables })),
          token: as === 'stranger' ? undefined : fill(by),
        });
        expect(answer.status).toBeLessThan(500);
        expect(answer.body).toBeTypeOf('object');
        expect(answer.text).not.toContain('INTERNAL_SERVER_ERROR');
        expect(answer.text).not.toMatch(/\n\s+at |node_modules|\/src\/|prisma/i);
        const logged = app.logged.splice(0);
        expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
        expectNoSecret(people, JSON.stringify(logged));
        expectNoSecret(people, answer.text);
      });
      await fc.assert(property, { numRuns: Math.ceil(REQUESTS) });
    },
  );
});
