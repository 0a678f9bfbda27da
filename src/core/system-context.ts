import { ANONYMOUS } from './actor.ts';
import { type Context, contextOf } from './context.ts';
import type { Services } from './services.ts';

/**
 * The context of what no request asked for: a timer or the command line.
 * @param by the name in the audit trail. @default an anonymous client
 */
export function systemContext(services: Services, by?: string): Context {
  const request = { id: services.random.uuid(), ipAddress: 'local', userAgent: undefined };
  return contextOf(services, by === undefined ? ANONYMOUS : { kind: 'system', name: by }, request);
}
