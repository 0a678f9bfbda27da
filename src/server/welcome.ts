import type { Config } from '../config/config.ts';
import type { WaitingSetup } from '../features/setup/waiting.ts';

/** Prints what a developer wants to know of a server that has started. */
export function printWelcome(
  config: Config,
  { address, isSetupOpen }: { readonly address: string; readonly isSetupOpen: boolean },
): void {
  const lines = ['', `Vestibule is at ${address}`];
  if (config.graphiql) lines.push(`GraphiQL:  ${address}/graphql`);
  if (config.restReference) lines.push(`REST:      ${address}/compat`);
  if (isSetupOpen) {
    lines.push('Setup is waiting: the first to run the tab "Setup" is the administrator.');
  }
  print(lines);
}

/** Prints how to make the administrator where that takes the setup token. */
export function printSetup({ publicUrl }: Config, { token, file }: WaitingSetup): void {
  const shown = token ?? '$SETUP_TOKEN';
  print([
    '',
    `Setup is waiting at ${publicUrl} and takes a one-time token in the header Setup-Token:`,
    '',
    `  ${token ?? 'the one that SETUP_TOKEN has'}`,
    '',
    ...(file === undefined ? [] : [`The token is kept in ${file} until setup is done.`]),
    'This makes the administrator, with a password of your own:',
    '',
    `  curl ${publicUrl}/compat/quazzar-os/api/auth/setup -H "Setup-Token: ${shown}" \\`,
    `    -H "Content-Type: application/json" -d '{ "username": "admin", "password": "…" }'`,
    '',
  ]);
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
