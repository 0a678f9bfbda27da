import { countOldSecrets, reencryptSecrets } from '../features/secrets/reencrypt.ts';
import { rotateKeys } from '../features/signing-keys/rotation.ts';
import { OperatorError } from '../operator-error.ts';
import type { Command } from './command.ts';
import { withServices } from './services.ts';

export const keysRotateCommand: Command = {
  usage: '[--force]',
  summary:
    'Lets the next key sign tokens and publishes one to follow it; tokens signed before count until they run out. ' +
    '--force does it even if the next key has been published for less than ten minutes.',
  options: { force: { type: 'boolean' } },
  positionals: 0,
  run: (terminal, { values }) =>
    withServices(terminal, async (services) => {
      const by = 'vestibule keys rotate';
      const rotation = await rotateKeys(services, { by, force: values['force'] === true });
      if (rotation.outcome === 'TOO_SOON') {
        throw new OperatorError(
          `The next key is too new: whoever verifies tokens has it by ${rotation.readyAt.toISOString()}. ` +
            'Wait until then, or use --force.',
        );
      }
      terminal.stdout.write(
        rotation.outcome === 'BEATEN'
          ? 'Another process rotated the keys at this moment.\n'
          : `The key ${rotation.keyId} signs from ${rotation.activeFrom.toISOString()}.\n`,
      );
      return 0;
    }),
};

export const keysReencryptCommand: Command = {
  usage: '',
  summary:
    'Encrypts every stored secret anew under the first key of SECRET_KEY, so that the others can go.',
  options: {},
  positionals: 0,
  run: (terminal) =>
    withServices(terminal, async (services) => {
      const count = await reencryptSecrets(services, { by: 'vestibule keys reencrypt' });
      const left = await countOldSecrets(services);
      terminal.stdout.write(`${count} encrypted anew, ${left} left under another key\n`);
      return left === 0 ? 0 : 1;
    }),
};
