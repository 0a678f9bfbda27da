import { isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { DIALECTS } from '../../src/rest/mounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { EXPECTED } from './expected.ts';
import { inputOf, PATHS } from './inputs.ts';
import { askGraphql, documentFor, restVerdict } from './probe.ts';
import type { Verdict } from './verdicts.ts';
import { ACTORS, type ActorName, createWorld, type World } from './world.ts';

const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
const rootFields = roots.flatMap((type) =>
  Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
);
const routes = DIALECTS.flatMap((dialect) =>
  dialect.rows.map((row) => [`${dialect.name} ${row.method} ${row.path}`, dialect, row] as const),
);
/** Fields that ask for more than the type they stand on. */
const guardedFields = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && !roots.includes(type))
  .flatMap((type) =>
    Object.values(isObjectType(type) ? type.getFields() : {})
      .filter(({ extensions }) => {
        const options = extensions['pothosOptions'] as { authScopes?: unknown } | undefined;
        return options?.authScopes !== undefined;
      })
      .map((field) => `${type.name}.${field.name}`),
  );

/** Routes that ask something else of the operation that they have in common with a field. */
const OTHER_QUESTIONS = { 'qdash POST /projects': 'names no tenant, and is about the own one' };

describe('who may call what', () => {
  let app: TestApp;
  let world: World;

  beforeAll(async () => {
    app = await startApp();
    world = await createWorld(app);
  });
  afterAll(() => app.close());

  async function verdictsOf(ask: (actor: ActorName) => Promise<Verdict>) {
    const verdicts: Partial<Record<ActorName, Verdict>> = {};
    for (const actor of ACTORS) verdicts[actor] = await ask(actor);
    return verdicts;
  }

  it('is written down for every field and every route, and for nothing else', () => {
    const offered = [...rootFields.map(([name]) => name), ...routes.map(([name]) => name)];
    expect([...offered, ...guardedFields].sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(rootFields)('%s', async (name, field) => {
    const verdicts = await verdictsOf(async (actor) => {
      const variables = await inputOf(field.name, world, actor);
      const document = documentFor(name.split('.')[0]!.toLowerCase(), field, variables);
      return askGraphql(app, await world.credentials(actor), document, variables);
    });
    expect(verdicts).toEqual(EXPECTED[name]);
  });

  it.each(guardedFields)('%s', async (name) => {
    const verdicts = await verdictsOf(async (actor) => {
      const { document, variables } = PATHS[name]!(world);
      return askGraphql(app, await world.credentials(actor), document, variables);
    });
    expect(verdicts).toEqual(EXPECTED[name]);
  });

  it.each(routes)('%s', async (name, dialect, row) => {
    const verdicts = await verdictsOf(async (actor) => {
      const { path, type, body } = await routeInput(name, row.path, actor);
      const answer = await app.rest(row.method, `/compat/${dialect.name}${path}`, {
        headers: { ...(await world.credentials(actor)), 'content-type': type },
        ...(row.method !== 'GET' && { body }),
      });
      return restVerdict(answer);
    });
    expect(verdicts).toEqual(EXPECTED[name]);
  });

  async function routeInput(name: string, path: string, actor: ActorName) {
    const input = (await inputOf(name, world, actor)) as {
      params?: Readonly<Record<string, string>>;
      form?: true;
    };
    const { params = {}, form, ...fields } = input;
    const texts = fields as Record<string, string>;
    return {
      path: path.replace(/:(\w+)/g, (_all, key: string) => params[key] ?? 'none'),
      ...(form
        ? { type: 'application/x-www-form-urlencoded', body: String(new URLSearchParams(texts)) }
        : { type: 'application/json', body: fields }),
    };
  }

  it('is the same at every door that offers an operation', () => {
    const byOperation = new Map<string, string[]>();
    for (const [name, , row] of routes) {
      byOperation.set(row.operation.name, [...(byOperation.get(row.operation.name) ?? []), name]);
    }
    const shared = rootFields.filter(([, { name }]) => byOperation.has(name));
    expect(shared.length).toBeGreaterThan(0);
    for (const [name, field] of shared) {
      for (const route of byOperation.get(field.name)!) {
        if (route in OTHER_QUESTIONS) continue;
        const { disabled, ...others } = EXPECTED[name]!;
        expect(EXPECTED[route], route).toMatchObject(others);
        // Turned away either way; some documents say why.
        expect([disabled, '403']).toContain(EXPECTED[route]!.disabled);
      }
    }
  });
});
