import type { Config } from '../../config/config.ts';
import { engineOf } from '../../db/engines/of-url.ts';
import { type Finding, ok, warning } from './finding.ts';

/** How long proxies and load balancers commonly keep a connection to a server that they do not use. */
const PROXY_IDLE_SECONDS = 60;

/**
 * Judges whether the timeouts fit together: each wait has to end before the wait around it, else the
 * client is told of the outer one and the inner one goes on.
 * @returns a warning for each pair that does not fit, or one `ok`
 */
export function timeouts(config: Config): readonly Finding[] {
  const { databaseLimits: limits, requestSeconds, keepAliveSeconds } = config;
  const waits: readonly (readonly [name: string, seconds: number])[] = [
    ['DATABASE_LOCK_SECONDS', limits.lockSeconds],
    ...(engineOf(config.databaseUrl).endsLongQueries
      ? [['DATABASE_QUERY_SECONDS', limits.querySeconds] as const]
      : []),
    ['DATABASE_TRANSACTION_SECONDS', limits.transactionSeconds],
    ['REQUEST_SECONDS', requestSeconds],
  ];
  const unfit = waits.flatMap(([outer, seconds], index) => {
    const [inner, innerSeconds] = waits[index - 1] ?? ['', 0];
    return innerSeconds < seconds
      ? []
      : [
          `${outer} (${seconds}) is not longer than ${inner} (${innerSeconds}), which it has to cover`,
        ];
  });
  const behindProxy: readonly (string | false)[] = [
    keepAliveSeconds <= PROXY_IDLE_SECONDS &&
      `KEEP_ALIVE_SECONDS is ${keepAliveSeconds}: proxies keep connections for ${PROXY_IDLE_SECONDS} s and then answer 502`,
    config.profile === 'production' &&
      config.shutdownDelaySeconds === 0 &&
      'SHUTDOWN_DELAY_SECONDS is 0: at a restart proxies send requests to a server that has closed',
  ];
  const warnings = [...unfit, ...behindProxy.filter((says) => says !== false)].map(warning);
  return warnings.length > 0 ? warnings : [ok('the timeouts fit together')];
}
