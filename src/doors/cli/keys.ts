import type { OldKey } from '../../features/api-keys/store.ts';
import { reencryptStoredSecrets } from '../../features/secrets/operations.ts';
import { rotateSigningKeys } from '../../features/signing-keys/operations.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Command, Terminal } from './command.ts';
import { asOperator } from './operator.ts';

/** How many API keys are named one by one. */
const LISTED = 100;

export const keysRotateCommand: Command = {
  usage: '[--force]',
  summary:
    'Lets the next key sign tokens and publishes one to follow it; tokens signed before count until they run out. ' +
    '--force does it even if the next key has been published for less than ten minutes.',
  options: { force: { type: 'boolean' } },
  positionals: 0,
  run: (terminal, { values }) =>
    asOperator(terminal, 'keys rotate', async (ctx) => {
      const rotation = await rotateSigningKeys.run(ctx, { force: values['force'] === true });
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
    }),
};

export const keysReencryptCommand: Command = {
  usage: '',
  summary:
    'Encrypts every stored secret anew under the first key of SECRET_KEY, so that the others can go. API keys ' +
    'cannot be: those that were not used since are listed, and end with the key that they are kept under.',
  options: {},
  positionals: 0,
  run: (terminal) =>
    asOperator(terminal, 'keys reencrypt', async (ctx) => {
      const { count, left, apiKeys } = await reencryptStoredSecrets.run(ctx, {});
      terminal.stdout.write(`${count} encrypted anew, ${left} left under another key\n`);
      const waiting = apiKeys ? await writeOldKeys(terminal, apiKeys) : 0;
      return left + waiting === 0 ? 0 : 1;
    }),
};

/** Names the API keys that wait for a use, and answers how many there are. */
async function writeOldKeys({ stdout }: Terminal, keys: AsyncIterable<OldKey>): Promise<number> {
  let count = 0;
  for await (const { owner, name, hint, lastUsedAt } of keys) {
    count += 1;
    if (count > LISTED) continue;
    const use = lastUsedAt ? `last used ${lastUsedAt.toISOString()}` : 'never used';
    stdout.write(`  API key ${hint} ${JSON.stringify(name)} of ${owner}: ${use}\n`);
  }
  const noun = count === 1 ? 'API key is' : 'API keys are';
  stdout.write(
    `${count} ${noun} left under another key` +
      (count === 0 ? '\n' : ': each is brought over by its next use, or has to be replaced\n'),
  );
  return count;
}
