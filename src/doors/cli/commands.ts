import { auditPruneCommand, auditVerifyCommand } from './audit.ts';
import { backupCommand } from './backup.ts';
import { calibrateCommand } from './calibrate.ts';
import type { Command } from './command.ts';
import { doctorCommand } from './doctor.ts';
import { importCommand } from './import.ts';
import { keysReencryptCommand, keysRotateCommand } from './keys.ts';
import { migrateApplyCommand, migrateResolveCommand, migrateStatusCommand } from './migrate.ts';
import { pruneCommand } from './prune.ts';
import { serveCommand } from './serve.ts';
import {
  userCreateCommand,
  userDisableCommand,
  userEnableCommand,
  userListCommand,
  userResetPasswordCommand,
} from './users.ts';

/** Every command by its name, which may be two words. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  'audit prune': auditPruneCommand,
  'audit verify': auditVerifyCommand,
  backup: backupCommand,
  calibrate: calibrateCommand,
  doctor: doctorCommand,
  import: importCommand,
  'keys reencrypt': keysReencryptCommand,
  'keys rotate': keysRotateCommand,
  'migrate apply': migrateApplyCommand,
  'migrate resolve': migrateResolveCommand,
  'migrate status': migrateStatusCommand,
  prune: pruneCommand,
  serve: serveCommand,
  'user create': userCreateCommand,
  'user disable': userDisableCommand,
  'user enable': userEnableCommand,
  'user list': userListCommand,
  'user reset-password': userResetPasswordCommand,
};
