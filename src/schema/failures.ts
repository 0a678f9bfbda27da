import type { AppError } from '../core/errors.ts';
import { ERRORS, type ErrorCode, type ErrorDetails, type ExpectedCode } from '../core/errors.ts';
import { builder, OPEN } from './builder.ts';

const ErrorCodeEnum = builder.enumType('ErrorCode', {
  description: 'Every error this server answers on purpose.',
  values: Object.fromEntries(
    Object.entries(ERRORS).map(([code, { message }]) => [code, { description: message }]),
  ) as Record<ErrorCode, { description: string }>,
});

/** A failure as a value: graphql-js takes an Error that is answered for one that is thrown. */
export interface Failure {
  readonly __typename: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** What a feature may add to the type of one of its failures. */
  readonly details: ErrorDetails;
}

const ErrorInterface = builder.interfaceRef<Failure>('Error').implement({
  description: 'An expected failure. Switch on `__typename` or on `code`; show `message`.',
  extensions: OPEN,
  fields: (t) => ({
    code: t.field({
      type: ErrorCodeEnum,
      description: 'Stable; made for programs.',
      resolve: (failure) => failure.code,
    }),
    message: t.exposeString('message', { description: 'Made for people; may change.' }),
  }),
});

type FailureRef = ReturnType<typeof implementFailure>;
const refs = new Map<ExpectedCode, FailureRef>();

export function toFailure({ code, message, details }: AppError): Failure {
  return { __typename: failureTypeName(code), code, message, details };
}

/** The name of a code's type: USERNAME_TAKEN is UsernameTakenError. */
function failureTypeName(code: ErrorCode): string {
  const words = code.split('_').map((word) => word[0] + word.slice(1).toLowerCase());
  return `${words.join('')}Error`;
}

/** The object type of an expected failure, made once. */
export function failureType(code: ExpectedCode): FailureRef {
  const ref = refs.get(code) ?? implementFailure(code);
  refs.set(code, ref);
  return ref;
}

function implementFailure(code: ExpectedCode) {
  return builder.objectRef<Failure>(failureTypeName(code)).implement({
    description: ERRORS[code].message,
    interfaces: [ErrorInterface],
    extensions: OPEN,
  });
}
