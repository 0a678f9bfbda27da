import type { Command } from './command.ts';
import { importCommand } from './import.ts';

/** Every command by its name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  import: importCommand,
};
