import { randomBytes } from 'node:crypto';

/** Tells this process from others of the installation, in the log and in metrics. Not a secret. */
export const INSTANCE = randomBytes(4).toString('hex');
