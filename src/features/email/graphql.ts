import { builder, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { changeEmail, sendEmailOtp, verifyEmailOtp } from './operations.ts';
import type { CodeSent } from './send.ts';

const codeSent = (name: string, description: string) =>
  builder.objectRef<CodeSent>(name).implement({
    description,
    extensions: OPEN,
    fields: (t) => ({
      token: t.exposeString('token', {
        description: 'What `verifyEmailOtp` takes with the code of the mail.',
      }),
      expiresIn: t.exposeInt('expiresIn', { description: 'Seconds that the code is good.' }),
      email: t.exposeString('email', { description: 'The address.' }),
    }),
  });

const VerifyEmailOtpPayload = builder
  .objectRef<{ readonly email: string }>('VerifyEmailOtpPayload')
  .implement({
    description: 'The address is proven, and the one of the account.',
    extensions: OPEN,
    fields: (t) => ({
      email: t.exposeString('email', { description: 'The address.' }),
    }),
  });

mutationOf(sendEmailOtp, codeSent('SendEmailOtpPayload', 'A code is on its way.'));
mutationOf(
  changeEmail,
  codeSent('ChangeEmailPayload', 'A code is on its way, if the address can be had.'),
);
mutationOf(verifyEmailOtp, VerifyEmailOtpPayload);
