/** How many times as long a text takes that is longer by a factor: one that is found once in so many. */
const SLACK = 3;
const TRIES = 6;
/** No noise explains so much, twice in a row. */
const BEYOND_DOUBT = 10;
/** What cannot be told from the noise of a busy machine, in milliseconds of the processor. */
const NOISE = 1;

type Work = (length: number) => unknown;

/** What some work takes of the processor, in milliseconds, whoever else is at work on the machine. */
async function costOf(work: Work, length: number): Promise<number> {
  const before = process.cpuUsage();
  await work(length);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * How many times as much a byte of the longer text costs as one of the shorter; the lowest of a few tries
 * where that is more than noise explains. It is 1 for work that is linear, and grows with the lengths
 * where it is not.
 */
export async function growth(work: Work, short: number, long: number): Promise<number> {
  const factor = long / short;
  let [atShort, atLong, found] = [0, Infinity, Infinity];
  for (let run = 0; run < TRIES && found > SLACK; run++) {
    const cost = await costOf(work, short);
    atShort = run === 0 ? cost : Math.min(atShort, cost);
    atLong = Math.min(atLong, await costOf(work, long));
    found = atLong / (factor * Math.max(atShort, NOISE));
    if (run > 0 && found > BEYOND_DOUBT) break;
  }
  return found;
}

/** The most that work may grow that is linear. */
export const LINEAR = SLACK;
