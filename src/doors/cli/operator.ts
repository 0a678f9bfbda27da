import { AppError } from '../../core/errors.ts';
import type { Context } from '../../core/context.ts';
import { OperatorError } from '../../core/operator-error.ts';
import { systemContext } from '../../core/system-context.ts';
import type { Terminal } from './command.ts';
import { withServices } from './services.ts';

/**
 * Runs operations as the operator, with the command's name in the audit trail. Returns the exit code.
 * @throws OperatorError with a sentence of why an operation failed
 */
export function asOperator(
  terminal: Terminal,
  command: string,
  work: (ctx: Context) => Promise<number | void>,
): Promise<number> {
  return withServices(terminal, async (services) => {
    try {
      return (await work(systemContext(services, `vestibule ${command}`))) ?? 0;
    } catch (error) {
      if (error instanceof AppError) throw new OperatorError(sentenceOf(error), { cause: error });
      throw error;
    }
  });
}

/** The first rule that an input breaks, or the message of the error. */
function sentenceOf({ message, details }: AppError): string {
  const [issue] = details.issues ?? [];
  return issue ? `${String(issue.path.at(-1) ?? 'the input')} ${issue.message}` : message;
}
