import { ANONYMOUS } from './actor.ts';
import type { AuditContext } from '../features/audit/event.ts';
import type { Services } from './services.ts';

/** Where something comes from that no request asked for: a timer or the command line. */
export function systemContext(services: Pick<Services, 'clock' | 'random'>): AuditContext {
  const request = { id: services.random.uuid(), ipAddress: 'local', userAgent: undefined };
  return { clock: services.clock, random: services.random, actor: ANONYMOUS, request };
}
