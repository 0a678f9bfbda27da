import { text } from 'node:stream/consumers';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import {
  createByOperator,
  resetPasswordByOperator,
  setDisabledByOperator,
} from '../../features/users/by-operator.ts';
import { sliceUsers } from '../../features/users/list-store.ts';
import { emailInput, usernameInput } from '../../features/users/rules.ts';
import { findUser, findUserByLogin, type UserRow } from '../../features/users/store.ts';
import { OperatorError } from '../../core/operator-error.ts';
import { systemContext } from '../../core/system-context.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { withServices } from './services.ts';

const PAGE = 500;
/** 120 bits: twenty characters that nobody has to type twice. */
const PASSWORD_BYTES = 15;
const WHO = '<username | e-mail address | id>';
const PASSWORD_OPTION = { 'password-stdin': { type: 'boolean' } } as const;
const PASSWORD_HELP =
  'The password is read from standard input with --password-stdin; else one is made and printed once. It is good for choosing another one.';

/** Does something as the operator, and says in a line why it cannot be done. */
function asOperator(
  terminal: Terminal,
  command: string,
  work: (ctx: Context) => Promise<void>,
): Promise<number> {
  return withServices(terminal, async (services) => {
    const ctx: Context = {
      ...services,
      ...systemContext(services),
      actor: { kind: 'system', name: `vestibule ${command}` },
    };
    try {
      await work(ctx);
      return 0;
    } catch (error) {
      if (error instanceof AppError) throw new OperatorError(error.message, { cause: error });
      throw error;
    }
  });
}

export const userCreateCommand: Command = {
  usage: '<username | e-mail address> [--name <name>] [--admin] [--password-stdin]',
  summary: `Makes an account, with --admin that of a system administrator. ${PASSWORD_HELP}`,
  options: { name: { type: 'string' }, admin: { type: 'boolean' }, ...PASSWORD_OPTION },
  positionals: 1,
  run: (terminal, args) =>
    asOperator(terminal, 'user create', async (ctx) => {
      const { name, admin } = args.values;
      const password = await takePassword(ctx, terminal, args);
      const user = await createByOperator(ctx, {
        ...identity(args.positionals[0] ?? ''),
        ...(typeof name === 'string' && { name }),
        systemRole: admin === true ? 'ADMIN' : 'USER',
        password: password.value,
      });
      terminal.stdout.write(`${user.id}\t${handleOf(user)}\n${password.toShow}`);
    }),
};

export const userListCommand: Command = {
  usage: '',
  summary:
    'Lists all accounts, one a line: id, username, e-mail address, role, whether it is disabled.',
  options: {},
  positionals: 0,
  run: (terminal) =>
    asOperator(terminal, 'user list', async ({ db }) => {
      for (let skip = 0; ; skip += PAGE) {
        const users = await sliceUsers(db, { skip, limit: PAGE });
        const lines = users.map(({ id, username, email, systemRole, disabled }) =>
          [id, username ?? '-', email ?? '-', systemRole, disabled ? 'disabled' : 'enabled'].join(
            '\t',
          ),
        );
        if (users.length > 0) terminal.stdout.write(`${lines.join('\n')}\n`);
        if (users.length < PAGE) return;
      }
    }),
};

const standing = (verb: 'disable' | 'enable', summary: string): Command => ({
  usage: WHO,
  summary,
  options: {},
  positionals: 1,
  run: (terminal, { positionals }) =>
    asOperator(terminal, `user ${verb}`, async (ctx) => {
      const user = await find(ctx, positionals[0] ?? '');
      await setDisabledByOperator(ctx, { id: user.id, disabled: verb === 'disable' });
      terminal.stdout.write(`${handleOf(user)} is ${verb}d\n`);
    }),
});

export const userDisableCommand = standing(
  'disable',
  'Keeps somebody out; their sessions end. The last active administrator has to stay one.',
);
export const userEnableCommand = standing('enable', 'Lets somebody in again who was disabled.');

export const userResetPasswordCommand: Command = {
  usage: `${WHO} [--password-stdin]`,
  summary: `Gives somebody another password; their sessions end, their second factor stays. ${PASSWORD_HELP}`,
  options: PASSWORD_OPTION,
  positionals: 1,
  run: (terminal, args) =>
    asOperator(terminal, 'user reset-password', async (ctx) => {
      const user = await find(ctx, args.positionals[0] ?? '');
      const password = await takePassword(ctx, terminal, args);
      const { revokedSessions } = await resetPasswordByOperator(ctx, user, password.value);
      terminal.stdout.write(
        `${handleOf(user)} has another password, ${revokedSessions} sessions ended\n${password.toShow}`,
      );
    }),
};

/** Never an argument: every process of the machine reads those. */
async function takePassword({ random }: Context, { stdin }: Terminal, { values }: Arguments) {
  if (values['password-stdin'] === true) {
    return { value: (await text(stdin)).replace(/\r?\n$/, ''), toShow: '' };
  }
  const value = Buffer.from(random.bytes(PASSWORD_BYTES)).toString('base64url');
  return { value, toShow: `password: ${value}\n` };
}

function identity(given: string): { readonly username: string } | { readonly email: string } {
  const parsed = given.includes('@')
    ? emailInput.transform((email) => ({ email })).safeParse(given)
    : usernameInput.transform((username) => ({ username })).safeParse(given);
  if (parsed.success) return parsed.data;
  throw new OperatorError(`${JSON.stringify(given)} ${parsed.error.issues[0]?.message ?? ''}`);
}

async function find({ db }: Context, who: string): Promise<UserRow> {
  // An id first: an account of before names were held apart from ids may have one for its username.
  const user = (await findUser(db, who)) ?? (await findUserByLogin(db, who));
  if (!user) throw new OperatorError(`there is no user ${JSON.stringify(who)}`);
  return user;
}

function handleOf({ username, email, id }: UserRow): string {
  return username ?? email ?? id;
}
