import { ACCOUNT_INPUTS } from './inputs-accounts.ts';
import { PROJECT_INPUTS } from './inputs-projects.ts';
import { SIGN_IN_INPUTS } from './inputs-sign-in.ts';
import type { Inputs } from './try.ts';

/** What each operation is asked by every door to it; one that is offered without any fails the test. */
export const PARITY_INPUTS: Inputs = { ...SIGN_IN_INPUTS, ...ACCOUNT_INPUTS, ...PROJECT_INPUTS };
