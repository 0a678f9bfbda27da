import { parseArgs } from 'node:util';
import { OperatorError } from '../../core/operator-error.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { VERSION } from '../../core/version.ts';
import { COMMANDS } from './commands.ts';

/** Runs the command that the arguments name, and answers the exit code. */
export async function runCli(terminal: Terminal, argv: readonly string[]): Promise<number> {
  const { name, rest } = split(argv);
  if (['help', '--help', '-h'].includes(name)) {
    terminal.stdout.write(help());
    return 0;
  }
  if (['version', '--version', '-v'].includes(name)) {
    terminal.stdout.write(`vestibule ${VERSION}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new OperatorError(`there is no command ${JSON.stringify(name)}\n\n${help()}`);
  const args = read(name, command, rest);
  if (args) return command.run(terminal, args);
  terminal.stdout.write(`${usageOf(name, command)}\n\n${command.summary}\n`);
  return 0;
}

function split([first = 'help', second, ...others]: readonly string[]) {
  const both = `${first} ${second}`;
  if (second === undefined) return { name: first, rest: [] };
  if (Object.hasOwn(COMMANDS, both)) return { name: both, rest: others };
  return { name: first, rest: [second, ...others] };
}

/** Undefined where help is asked for. */
function read(name: string, command: Command, args: readonly string[]): Arguments | undefined {
  if (args.includes('--help')) return undefined;
  const parsed = parse(name, command, args);
  if (parsed.positionals.length !== command.positionals) {
    throw new OperatorError(usageOf(name, command));
  }
  return parsed;
}

function parse(name: string, command: Command, args: readonly string[]): Arguments {
  try {
    return parseArgs({ args: [...args], options: command.options, allowPositionals: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${reason}\n${usageOf(name, command)}`);
  }
}

function usageOf(name: string, { usage }: Command): string {
  return `usage: vestibule ${name} ${usage}`;
}

function help(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, command]) => `  ${name} ${command.usage}\n      ${command.summary}\n`,
  );
  return `usage: vestibule <command>\n\n${rows.join('')}`;
}
