import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceOf, exceptionFor, isDemanded } from './parity/compare.ts';
import { type Door, offeredOperations } from './parity/doors.ts';
import { EXCEPTIONS } from './parity/exceptions.ts';
import { PARITY_INPUTS } from './parity/inputs.ts';
import { type Ended, openStage, type Stage } from './parity/stage.ts';
import type { Try } from './parity/try.ts';
import { ACTORS, type ActorName } from './world.ts';

const offered = [...offeredOperations()];

/** One for each way to be somebody or nobody, where it is all the same which roles they have. */
const KINDS: readonly ActorName[] = ['anonymous', 'disabled', 'stranger', 'systemAdmin', 'apiKey'];

const hangsOnRoles = ({ scopes }: Door) => !scopes.public && !scopes.authenticated;

describe('the same actor with the same input', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  it('is tried for every operation that REST offers, which has two doors at least', () => {
    expect(offered.map(([operation]) => operation).sort()).toEqual(
      Object.keys(PARITY_INPUTS).sort(),
    );
    expect(offered.filter(([, { length }]) => length < 2)).toEqual([]);
    const tries = new Map(
      offered.flatMap(([operation, all]) =>
        all.map((door) => [door.operation, Object.keys(PARITY_INPUTS[operation] ?? {})] as const),
      ),
    );
    for (const { operation, tries: named } of EXCEPTIONS) {
      expect(tries.get(operation), operation).toEqual(expect.arrayContaining([...named]));
    }
  });

  it.each(offered)('ends alike at every door to %s', async (operation, all) => {
    const found: Record<string, unknown> = {};
    const demanded: Record<string, string> = {};
    const asked = new Set<Door>();
    const verdicts = new Set<string>();
    const tries = Object.entries(PARITY_INPUTS[operation] ?? {});
    for (const [at, [name, attempt]] of tries.entries()) {
      const actors = at === 0 || all.some(hangsOnRoles) ? ACTORS : KINDS;
      await tryAs(actors, attempt, all, (door, actor, here, there) => {
        const where = `${name}: ${door.name} as ${actor}`;
        asked.add(door);
        verdicts.add(here.verdict);
        const exception = exceptionFor(door, name, actor);
        if (exception) demanded[where] = exception.because;
        const isSame = door.operation === all[0]!.operation;
        const difference = differenceOf(here, there, { isSame });
        if (!difference) return;
        const isFine = exception && isDemanded(exception, difference);
        found[where] = isFine ? exception.because : difference;
      });
    }
    expect(found).toEqual(demanded);
    expect(all.filter((door) => !asked.has(door)).map(({ name }) => name)).toEqual([]);
    expect(verdicts).toContain('done');
  });

  async function tryAs(
    actors: readonly ActorName[],
    attempt: Try,
    all: readonly Door[],
    compare: (door: Door, actor: ActorName, here: Ended, there: Ended) => void,
  ) {
    let input = await stage.set(attempt, actors[0]!);
    for (const actor of actors) {
      if (attempt.isOwn) input = await stage.set(attempt, actor);
      const able = all.filter(
        (door) => door.canSay(input) && (door.isOpenWhileOff || !attempt.isWhileOff),
      );
      expect(able.length).toBeGreaterThan(1);
      const [first] = able;
      const ends = new Map<ActorName, Ended>();
      const endOf = async (whom: ActorName) => {
        const known = ends.get(whom) ?? (await stage.ask(first!, whom, input));
        ends.set(whom, known);
        return known;
      };
      for (const door of able) {
        const there = await endOf(door.seesAs(actor, input));
        const here = door === first ? there : await stage.ask(door, actor, input);
        compare(door, actor, here, there);
      }
    }
  }
});
