import { loadConfig } from '../../config/config.ts';
import { closeServices, createServices } from '../../server/create-services.ts';
import { PATIENT } from '../../db/limits.ts';
import { migrate } from '../../db/migrate/migrate.ts';
import type { Services } from '../../core/services.ts';
import type { Terminal } from './command.ts';

/** Does something with the installation that the environment names, beside the server. */
export async function withServices<T>(
  { env }: Terminal,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const config = loadConfig(env);
  await migrate(config.directDatabaseUrl, { allowNewer: config.allowNewerDatabase });
  const services = await createServices({ ...config, databaseLimits: PATIENT });
  try {
    return await work(services);
  } finally {
    await closeServices(services, 0);
  }
}
