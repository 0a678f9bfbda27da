import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin, signIn } from '../support/people.ts';
import { CREATE_PROJECT } from '../support/project-documents.ts';
import { addPerson, addTenant } from '../support/projects.ts';

describe.each(providers)('new projects on %s', (provider) => {
  it('are five hundred of one person in a row, then one an hour, and many more of a system administrator', async () => {
    const app = await startApp({ provider, env: { THROTTLE: 'on' } });
    const admin = await setUpAdmin(app);
    const { tenantId, owner } = await addTenant(app);
    const { throttle } = app.services.db.prisma;
    const outcome = async (token: string) => {
      const { data, errors } = await app.graphql(
        CREATE_PROJECT,
        { input: { name: 'x', tenantId, ownerId: owner.id } },
        token,
      );
      return errors?.[0]?.extensions.code ?? data.createProject.__typename;
    };
    for (const token of [owner.token, admin.accessToken]) await outcome(token);
    const kind = { in: ['newProject', 'bulkProjects'] };
    await throttle.updateMany({ where: { kind }, data: { attempts: 498 } });
    const outcomes = [];
    for (let i = 0; i < 4; i++) outcomes.push(await outcome(owner.token));
    expect(outcomes).toEqual([
      'CreateProjectPayload',
      'CreateProjectPayload',
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
    for (let i = 0; i < 4; i++) {
      expect(await outcome(admin.accessToken)).toBe('CreateProjectPayload');
    }
    app.clock.step(3600);
    const { accessToken } = await signIn(app, owner.name);
    expect(await outcome(accessToken)).toBe('CreateProjectPayload');
    expect(
      await outcome((await addPerson(app, { joins: { tenantId, role: 'ADMIN' } })).token),
    ).toBe('CreateProjectPayload');
    await app.close();
  });
});
