import { auditVerifyCommand } from './audit.ts';
import type { Command } from './command.ts';
import { importCommand } from './import.ts';
import { keysReencryptCommand, keysRotateCommand } from './keys.ts';

/** Every command by its name, which may be two words. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  'audit verify': auditVerifyCommand,
  import: importCommand,
  'keys reencrypt': keysReencryptCommand,
  'keys rotate': keysRotateCommand,
};
