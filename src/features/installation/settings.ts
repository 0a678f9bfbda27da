import type { Config } from '../../config/config.ts';
import type { Finding } from './finding.ts';

const FEWEST_CHARACTERS = 12;
const LONG_ACCESS_SECONDS = 86_400;

/** What is allowed, and not wise where people rely on it. */
export function weakSettings(config: Config): readonly Finding[] {
  const warnings: readonly (string | false)[] = [
    !config.throttle && 'THROTTLE is off: passwords can be guessed as fast as they are checked',
    !config.passwordBlocklist && 'PASSWORD_BLOCKLIST is off: the commonest passwords are taken',
    config.passwordMinLength < 8 && 'PASSWORD_MIN_LENGTH is below the 8 of NIST SP 800-63B-4',
    config.introspection && 'INTROSPECTION is on: strangers read the whole schema',
    config.graphiql && 'GRAPHIQL is on',
    config.restReference && 'REST_REFERENCE is on',
    config.accessTokenSeconds > LONG_ACCESS_SECONDS &&
      'ACCESS_TOKEN_SECONDS is more than a day: who verifies offline believes a token for so long',
    ['debug', 'trace'].includes(config.logLevel) && `LOG_LEVEL is ${config.logLevel}`,
    config.secretKeys.some(isPlain) &&
      'SECRET_KEY looks typed: make one with openssl rand -base64 48',
    config.serviceClients.some(({ secret }) => isPlain(secret)) &&
      'a secret of INTROSPECTION_CLIENTS looks typed: make one with openssl rand -base64 48',
    config.setupToken !== undefined &&
      isPlain(config.setupToken) &&
      'SETUP_TOKEN looks typed: make one with openssl rand -base64 48',
  ];
  // Comfort is what development is for.
  if (config.profile === 'development') return [];
  return warnings.filter((says) => says !== false).map((says) => ({ level: 'warning', says }));
}

function isPlain(secret: string): boolean {
  return new Set(secret).size < FEWEST_CHARACTERS;
}
