import type { ActorName } from '../world.ts';
import type { Door } from './doors.ts';
import { EXCEPTIONS, type Exception } from './exceptions.ts';
import type { Ended } from './stage.ts';

export interface Difference {
  readonly verdicts?: readonly [here: string, there: string];
  /** What only one of them did: `-` the other, `+` this one. */
  readonly effects?: readonly string[];
  readonly ids?: readonly [here: readonly string[], there: readonly string[]];
}

/** In what a door did otherwise than another; undefined where in nothing. */
export function differenceOf(
  here: Ended,
  there: Ended,
  { isSame }: { readonly isSame: boolean },
): Difference | undefined {
  if (here.verdict !== there.verdict) return { verdicts: [here.verdict, there.verdict] };
  const effects = [
    ...there.effects.filter((line) => !here.effects.includes(line)).map((line) => `- ${line}`),
    ...here.effects.filter((line) => !there.effects.includes(line)).map((line) => `+ ${line}`),
  ];
  if (effects.length > 0) return { effects };
  // What a kindred operation answers has another form.
  if (!isSame || here.ids.join() === there.ids.join()) return undefined;
  return { ids: [here.ids, there.ids] };
}

/** The exception for a door in a try, if there is one. */
export function exceptionFor(
  { operation }: Door,
  attempt: string,
  actor: ActorName,
): Exception | undefined {
  return EXCEPTIONS.find(
    (one) =>
      one.operation === operation && one.tries.includes(attempt) && one.actors.includes(actor),
  );
}

/** Whether a difference is the one that a document demands. */
export function isDemanded(
  { differs }: Exception,
  { verdicts, effects = [] }: Difference,
): boolean {
  if (differs instanceof RegExp) {
    return effects.length > 0 && effects.every((line) => differs.test(line.slice(2)));
  }
  return (
    verdicts !== undefined && differs.says === verdicts[0] && differs.for.includes(verdicts[1])
  );
}
