import { text } from 'node:stream/consumers';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { resetPassword } from '../../features/passwords/operations.ts';
import { createUser, updateUser, userByName, users } from '../../features/users/operations.ts';
import { emailInput, usernameInput } from '../../features/users/rules.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { asOperator } from './operator.ts';

/** As many accounts as the operation answers at once. */
const PAGE = 100;
/** 120 bits: twenty characters that nobody has to type twice. */
const PASSWORD_BYTES = 15;
const WHO = '<username | e-mail address | id>';
const PASSWORD_OPTION = { 'password-stdin': { type: 'boolean' } } as const;
const PASSWORD_HELP =
  'The password is read from standard input with --password-stdin; else one is made and printed once. It is good for choosing another one.';

export const userCreateCommand: Command = {
  usage: '<username | e-mail address> [--name <name>] [--admin] [--password-stdin]',
  summary: `Makes an account, with --admin that of a system administrator. ${PASSWORD_HELP}`,
  options: { name: { type: 'string' }, admin: { type: 'boolean' }, ...PASSWORD_OPTION },
  positionals: 1,
  run: (terminal, args) =>
    asOperator(terminal, 'user create', async (ctx) => {
      const { name, admin } = args.values;
      const password = await takePassword(ctx, terminal, args);
      const { user } = await createUser.run(ctx, {
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
    asOperator(terminal, 'user list', async (ctx) => {
      for (let after: string | undefined; ;) {
        const { edges, hasNextPage } = await users.run(ctx, { first: PAGE, after });
        for (const { node } of edges) terminal.stdout.write(`${lineOf(node)}\n`);
        after = edges.at(-1)?.cursor;
        if (!hasNextPage) return;
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
      await updateUser.run(ctx, { id: user.id, disabled: verb === 'disable' });
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
      const input = { id: user.id, newPassword: password.value };
      const { revokedSessions } = await resetPassword.run(ctx, input);
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

async function find(ctx: Context, login: string) {
  try {
    return await userByName.run(ctx, { login });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'USER_NOT_FOUND') throw error;
    throw new OperatorError(`there is no user ${JSON.stringify(login)}`, { cause: error });
  }
}

interface Listed {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly systemRole: string;
  readonly disabled: boolean;
}

function lineOf({ id, username, email, systemRole, disabled }: Listed): string {
  const standing = disabled ? 'disabled' : 'enabled';
  return [id, username ?? '-', email ?? '-', systemRole, standing].join('\t');
}

function handleOf({ username, email, id }: Pick<Listed, 'username' | 'email' | 'id'>): string {
  return username ?? email ?? id;
}
