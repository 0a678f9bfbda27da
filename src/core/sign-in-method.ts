import type { UserRow } from '../db/rows.ts';

/** `first` begins a sign-in; `second` is asked for after a first factor. */
export type Factor = 'first' | 'second';

/** What access has to know of a sign-in method. The methods themselves are in `features/sign-in`. */
export interface SignInMethodFacts {
  /** The method reference of RFC 8176 that a session and its audit event carry. */
  readonly amr: string;
  /** The factors that the method shows; one method may show both. */
  readonly factors: readonly Factor[];
  /**
   * Where a step-up finds the answer. `call`: an operation may carry the answer itself, as a change of the
   * password carries the current one. `session`: the session has shown it within FRESH_SECONDS.
   */
  readonly freshness: 'call' | 'session';
  /** Returns whether the user has the method. From then on its factors are asked for. */
  readonly isSetUp: (user: UserRow) => boolean;
}

/** The `amr` of a session that was signed in by these methods: each reference once, space separated. */
export function amrOf(methods: readonly Pick<SignInMethodFacts, 'amr'>[]): string {
  return references(methods).join(' ');
}

/** The method references of a session, in the order in which they were shown. */
export function amrValues(amr: string): string[] {
  return amr.split(' ');
}

/** The method references of the methods that the user has. */
export function amrValuesOf(methods: readonly SignInMethodFacts[], user: UserRow): string[] {
  return references(methods.filter(({ isSetUp }) => isSetUp(user)));
}

function references(methods: readonly Pick<SignInMethodFacts, 'amr'>[]): string[] {
  return [...new Set(methods.map(({ amr }) => amr))];
}

/**
 * The factors that the session of a user has to have shown.
 * @param isCarried whether the operation carries the answers to the methods of freshness `call`
 */
export function factorsAskedOf(
  methods: readonly SignInMethodFacts[],
  user: UserRow,
  isCarried: boolean,
): readonly Factor[] {
  const asked = methods.filter(
    ({ freshness, isSetUp }) => !(isCarried && freshness === 'call') && isSetUp(user),
  );
  return [...new Set(asked.flatMap(({ factors }) => factors))];
}

/** Returns whether the methods that a session names show all of these factors. */
export function showsFactors(
  methods: readonly SignInMethodFacts[],
  amr: string,
  factors: readonly Factor[],
): boolean {
  const shown = amrValues(amr);
  return factors.every((factor) =>
    methods.some((method) => method.factors.includes(factor) && shown.includes(method.amr)),
  );
}
