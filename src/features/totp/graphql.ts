import { hasTotp, SECOND_FACTOR_COLUMNS } from '../../db/second-factor.ts';
import { builder, GRANT, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { reads } from '../../schema/reads.ts';
import { User } from '../users/graphql.ts';
import type { ShownUser } from '../users/store.ts';
import type { TotpChanged } from './change.ts';
import {
  confirmTotp,
  disableTotp,
  enableTotp,
  recoveryCodesLeft,
  regenerateRecoveryCodes,
  resetTotp,
} from './operations.ts';

builder.objectFields(User, (t) => ({
  totpEnabled: t.boolean({
    description: 'Whether signing in takes a second factor.',
    extensions: reads<ShownUser>(...SECOND_FACTOR_COLUMNS),
    resolve: hasTotp,
  }),
  recoveryCodesLeft: t.int({
    nullable: true,
    description: recoveryCodesLeft.description,
    extensions: reads<ShownUser>('id'),
    resolve: ({ id }, _args, ctx) => recoveryCodesLeft.run(ctx, { userId: id }),
  }),
}));

interface PendingTotp {
  readonly provisioningUri: string;
  readonly secret: string;
  readonly qrCode: string;
}

const EnableTotpPayload = builder.objectRef<PendingTotp>('EnableTotpPayload').implement({
  description: 'What the authenticator app takes: one of the three. Shown this once.',
  extensions: OPEN,
  fields: (t) => ({
    provisioningUri: t.exposeString('provisioningUri', {
      description: 'An `otpauth:` address, for a link on the same device.',
    }),
    secret: t.exposeString('secret', { description: 'The secret in base32, to be typed.' }),
    qrCode: t.exposeString('qrCode', {
      description: 'The address as a QR code: a PNG in a `data:` address.',
    }),
  }),
});

interface WithRecoveryCodes {
  readonly recoveryCodes: string[];
}

const CODES = 'Ten codes, each good once in place of a code of the app. Shown this once.';

const ConfirmTotpPayload = builder
  .objectRef<TotpChanged & WithRecoveryCodes>('ConfirmTotpPayload')
  .implement({
    description: 'The second factor is on.',
    extensions: OPEN,
    fields: (t) => ({
      user: t.expose('user', { type: User, description: 'The caller.', extensions: GRANT }),
      recoveryCodes: t.exposeStringList('recoveryCodes', { description: CODES }),
      revokedSessions: t.exposeInt('revokedSessions', {
        description: 'How many other sessions were ended with it.',
      }),
    }),
  });

const DisableTotpPayload = builder.objectRef<TotpChanged>('DisableTotpPayload').implement({
  description: 'The second factor is off.',
  extensions: OPEN,
  fields: (t) => ({
    user: t.expose('user', { type: User, description: 'The caller.', extensions: GRANT }),
    revokedSessions: t.exposeInt('revokedSessions', {
      description: 'How many other sessions were ended with it.',
    }),
  }),
});

const ResetTotpPayload = builder.objectRef<TotpChanged>('ResetTotpPayload').implement({
  description: 'The second factor is gone.',
  extensions: OPEN,
  fields: (t) => ({
    user: t.expose('user', { type: User, description: 'Whose it was.', extensions: GRANT }),
    revokedSessions: t.exposeInt('revokedSessions', {
      description: 'How many sessions were ended with it.',
    }),
  }),
});

const RegenerateRecoveryCodesPayload = builder
  .objectRef<WithRecoveryCodes>('RegenerateRecoveryCodesPayload')
  .implement({
    description: 'There are new recovery codes; the old ones are void.',
    extensions: OPEN,
    fields: (t) => ({
      recoveryCodes: t.exposeStringList('recoveryCodes', { description: CODES }),
    }),
  });

mutationOf(enableTotp, EnableTotpPayload);
mutationOf(confirmTotp, ConfirmTotpPayload);
mutationOf(disableTotp, DisableTotpPayload);
mutationOf(resetTotp, ResetTotpPayload);
mutationOf(regenerateRecoveryCodes, RegenerateRecoveryCodesPayload);
