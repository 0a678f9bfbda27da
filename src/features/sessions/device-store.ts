import { sha256 } from '../../adapters/digest.ts';
import type { Session } from '../../db/generated/sqlite/client.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';

/** A device at an address, as a session keeps it. */
type Device = Pick<Session, 'userId' | 'userAgent' | 'ipAddress'>;

/** By which a device is remembered beyond its sessions. */
export function deviceHash({ userAgent, ipAddress }: Device): string {
  return sha256(JSON.stringify([userAgent, ipAddress]));
}

/** Whether the user never signed in from a device, as far as anybody remembers: a condition. */
export function isNewDevice(device: Device): Prisma.Sql {
  const { userId, userAgent, ipAddress } = device;
  return Prisma.sql`NOT EXISTS (
    SELECT 1 FROM "Session" WHERE "userId" = ${userId}
      AND "userAgent" IS NOT DISTINCT FROM ${userAgent}
      AND "ipAddress" IS NOT DISTINCT FROM ${ipAddress}
  ) AND NOT EXISTS (
    SELECT 1 FROM "KnownDevice" WHERE "userId" = ${userId} AND "deviceHash" = ${deviceHash(device)})`;
}
