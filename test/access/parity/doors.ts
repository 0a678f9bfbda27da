import type { Scopes } from '../../../src/access/scopes.ts';
import { DIALECTS } from '../../../src/doors/rest/mounts.ts';
import type { TestApp } from '../../support/app.ts';
import type { ActorName } from '../world.ts';
import { graphqlDoors, nestedDoor } from './graphql-door.ts';
import type { Outcome } from './outcomes.ts';
import { restDoor } from './rest-door.ts';

/** What an operation is given, by its own names. */
export type Input = Readonly<Record<string, unknown>>;

/** How a door answered. */
interface Heard {
  /** `done`, a state, or the code of an error; anything else is a verdict of the door's own. */
  readonly verdict: string;
  /** What the operation answered. */
  readonly result: unknown;
}

/** A place where an operation is offered. */
export interface Door {
  readonly name: string;
  readonly operation: string;
  readonly scopes: Scopes;
  /** Whether it is all the same to it who asks while authentication is off. */
  readonly isOpenWhileOff: boolean;
  /** Whom it takes somebody for who sends an input: some know no API keys. */
  readonly seesAs: (actor: ActorName, input: Input) => ActorName;
  /** Whether a request has room for all of an input, and needs nothing more. */
  readonly canSay: (input: Input) => boolean;
  readonly ask: (
    app: TestApp,
    credentials: Readonly<Record<string, string>>,
    input: Input,
    outcomes: () => readonly Outcome[],
  ) => Promise<Heard>;
}

/** Operations that do what another does, by a name that does not say so. */
const KIN: Readonly<Record<string, string>> = {
  completeLoginWithCookie: 'completeLogin',
  createFirstUser: 'setup',
  loginWithCookie: 'login',
  verifyTotp: 'completeLogin',
};

/** `login.whileOn` is a way of `login`; `project.members` is a field of what `project` answers. */
function kinOf(operation: string): string {
  if (nestedDoor(operation)) return operation;
  return KIN[operation] ?? operation.split('.')[0]!;
}

/** Every operation that REST offers, with all the doors to it and to its kin: GraphQL's first. */
export function offeredOperations(): ReadonlyMap<string, readonly Door[]> {
  const rest = DIALECTS.flatMap((dialect) => dialect.rows.map((row) => restDoor(dialect, row)));
  const nested = new Set(rest.map(({ operation }) => operation));
  const graphql = [...graphqlDoors(), ...[...nested].flatMap((name) => nestedDoor(name) ?? [])];
  const doors = new Map<string, Door[]>();
  for (const door of [...graphql, ...rest]) {
    const kin = kinOf(door.operation);
    doors.set(kin, [...(doors.get(kin) ?? []), door]);
  }
  const offered = new Set(rest.map(({ operation }) => kinOf(operation)));
  return new Map([...doors].filter(([kin]) => offered.has(kin)));
}
