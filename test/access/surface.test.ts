import { isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
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
/** A row that a dialect has of another is expected to do what it does there. */
const ownRoutes = routes.filter(([, , { owner }]) => owner === undefined);
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
    const offered = [...rootFields.map(([name]) => name), ...ownRoutes.map(([name]) => name)];
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

  it.each(routes)('%s', async (_name, dialect, row) => {
    const { owner = dialect } = row;
    const rule = `${owner.name} ${row.method} ${row.path}`;
    const verdicts = await verdictsOf(async (actor) => {
      const { path, type, body } = await routeInput(rule, row.path, actor);
      const answer = await app.rest(row.method, `/compat/${dialect.name}${path}`, {
        headers: { ...(await world.credentials(actor)), 'content-type': type },
        ...(row.method !== 'GET' && { body }),
      });
      return restVerdict(answer);
    });
    const expected = EXPECTED[rule]!;
    // A dialect that knows no API keys takes one for a token that is over.
    const { apiKey } = owner.takesApiKeys ? expected : { apiKey: expected.ended };
    expect(verdicts).toEqual({ ...expected, apiKey });
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
});
