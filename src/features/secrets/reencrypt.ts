import type { Services } from '../../core/services.ts';
import { systemContext } from '../../core/system-context.ts';
import { recordAuditEvent } from '../audit/record.ts';
import { ENCRYPTED_COLUMNS, type EncryptedColumn } from './encrypted-columns.ts';
import { countOtherwiseSealed, listOtherwiseSealed, updateSealed } from './store.ts';

type SecretServices = Pick<Services, 'db' | 'secretBox'>;

const BATCH = 200;

/**
 * Seals every stored secret anew under the first SECRET_KEY, a statement each, beside a server that runs.
 * What is written meanwhile is left alone, and so is what is sealed so already: it can be run again.
 * @returns how many it sealed
 */
export async function reencryptSecrets(
  services: Services,
  { by, tell }: { readonly by: string; readonly tell?: (count: number) => void },
): Promise<number> {
  let count = 0;
  for (const column of ENCRYPTED_COLUMNS) {
    for await (const sealed of resealAll(services, column)) {
      count += sealed;
      tell?.(count);
    }
  }
  if (count === 0) return 0;
  await recordAuditEvent(systemContext(services, by), {
    action: 'keys.reencrypted',
    details: { count },
  });
  return count;
}

/** How many stored secrets the first SECRET_KEY does not open. */
export async function countOldSecrets({ db, secretBox }: SecretServices): Promise<number> {
  const counts = await Promise.all(
    ENCRYPTED_COLUMNS.map((column) => countOtherwiseSealed(db, column, secretBox.currentPrefix)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function* resealAll(
  { db, secretBox }: SecretServices,
  column: EncryptedColumn,
): AsyncGenerator<number> {
  const prefix = secretBox.currentPrefix;
  for (let after = ''; ;) {
    const batch = await listOtherwiseSealed(db, column, { prefix, after, take: BATCH });
    let count = 0;
    for (const { id, sealed } of batch) {
      const purpose = column.purpose(id);
      const secret = secretBox.open(sealed, purpose);
      const anew = secretBox.seal(secret, purpose);
      const hash = column.hash && secretBox.hash(secret, column.hash.purpose);
      if (await updateSealed(db, column, { id, sealed, anew, hash })) count += 1;
      after = id;
    }
    yield count;
    if (batch.length < BATCH) return;
  }
}
