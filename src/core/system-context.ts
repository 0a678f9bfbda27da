import { ANONYMOUS } from './actor.ts';
import { type Context, contextOf } from './context.ts';
import type { Services } from './services.ts';

/**
 * The context of work that no request asks for: a timer or a command. Every operation lets in the system
 * as it lets in a system administrator.
 * @param by the name in the audit trail. @default an anonymous client
 */
export function systemContext(services: Services, by?: string): Context {
  const request = { id: services.random.uuid(), ipAddress: 'local', userAgent: undefined };
  return contextOf(services, by === undefined ? ANONYMOUS : { kind: 'system', name: by }, request);
}
