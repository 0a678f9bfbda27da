import { sha256 } from '../../adapters/digest.ts';
import type { NewAuditEvent } from './event.ts';

/** The hash that the first event follows. */
export const CHAIN_START = '';

/** Named in every hash, so that a later encoding cannot be taken for this one. */
const ENCODING = 'vestibule-audit-1';

/** What a hash covers besides its place; a field more is a new encoding. */
export type EventContent = Readonly<Record<Exclude<keyof NewAuditEvent, 'at'>, string | null>> & {
  readonly at: Date;
};

/** An event's place and the one before it. */
export interface ChainLink {
  readonly sequence: number;
  readonly previousHash: string;
}

/**
 * SHA-256 over every field of an event. JSON of a list of texts and nulls can be read in one way only,
 * so no two events share an encoding.
 */
export function hashContent(event: EventContent): string {
  return sha256(
    JSON.stringify([
      ENCODING,
      event.id,
      event.at,
      event.actorKind,
      event.actorId,
      event.actorName,
      event.action,
      event.targetType,
      event.targetId,
      event.outcome,
      event.ipAddress,
      event.userAgent,
      event.requestId,
      event.sessionId,
      event.details,
    ]),
  );
}

/** The hash of an event in its place, over that of the one before. */
export function hashEvent(event: EventContent & ChainLink): string {
  return hashLink(event, hashContent(event));
}

/** No part holds a space. `appendInOneStatement` computes the same in SQL. */
export function hashLink({ sequence, previousHash }: ChainLink, contentHash: string): string {
  return sha256(`${sequence} ${previousHash} ${contentHash}`);
}
