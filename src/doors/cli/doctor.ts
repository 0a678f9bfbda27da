import { type Config, ConfigError, loadConfig } from '../../config/config.ts';
import type { Finding } from '../../features/installation/finding.ts';
import { installationFindings } from '../../features/installation/installation.ts';
import { weakSettings } from '../../features/installation/settings.ts';
import { timeouts } from '../../features/installation/timeouts.ts';
import { explain } from '../../core/operator-error.ts';
import { VERSION } from '../../core/version.ts';
import type { Command, Terminal } from './command.ts';

const MARKS = { ok: 'ok  ', warning: 'warn', fault: 'FAIL' } as const;

export const doctorCommand: Command = {
  usage: '',
  summary:
    'Says what is wrong with this installation: configuration, database, secret key, folders, mail, clocks, weak settings. Changes nothing, beside a running server too. Exits with 1 where something has to be mended.',
  options: {},
  positionals: 0,
  run: async (terminal) => {
    let hasFault = false;
    for await (const { level, says } of examine(terminal)) {
      terminal.stdout.write(`${MARKS[level]}  ${says}\n`);
      hasFault ||= level === 'fault';
    }
    return hasFault ? 1 : 0;
  },
};

async function* examine({ env }: Terminal): AsyncGenerator<Finding> {
  yield { level: 'ok', says: `Vestibule ${VERSION} on Node.js ${process.version}` };
  let config: Config;
  try {
    config = loadConfig(env);
  } catch (error) {
    const faults = error instanceof ConfigError ? error.faults : [explain(error)];
    for (const says of faults) yield { level: 'fault', says };
    return;
  }
  yield { level: 'ok', says: `the configuration is valid (${config.profile})` };
  yield* timeouts(config);
  yield* weakSettings(config);
  yield* installationFindings(config);
}
