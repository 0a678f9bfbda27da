import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldName } from '../../src/features/users/rules.ts';
import { withoutQuotedValue } from '../../src/doors/graphql/quoted-values.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { growth, LINEAR } from '../support/cost.ts';
import { HEAD_PLACES, LONG_PLACES, MESSAGE_PLACES, type Place } from '../support/places.ts';
import { setUpAdmin } from '../support/people.ts';

const KIB = 1024;

/** What patterns and loops look for, and what they may have to try in more than one way. */
const PIECES = [
  ' cannot represent ',
  ' Did you mean ',
  '" does not exist in "',
  'Expected value of type "a", found ',
  'a',
  'a.',
  '-',
  ' ',
  ',',
  ';',
  '=',
  '&a=',
  '%',
  '%20',
  '"',
  '\\',
  '/',
  '//',
  ':',
  '@',
  '[',
  '{"a":',
  '$',
  '#',
  '--x\r\n',
  '\r\n--',
  '\n',
  '1',
  '\u0315\u0300',
  '\ufdfa',
  '\0',
  '\ud800',
];
const ofLength = (piece: string, length: number) =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

describe('a text of a client', () => {
  let app: TestApp;
  beforeAll(async () => {
    const env = { TRUSTED_PROXIES: '127.0.0.1', INTROSPECTION_CLIENTS: `a:${'s'.repeat(40)}` };
    app = await startApp({ env });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  /** The pieces that cost more by the byte the more of them there are. */
  async function expectLinear(place: Place, [short, long]: readonly [number, number], times = 1) {
    const growing: (readonly [string, number])[] = [];
    for (const piece of PIECES) {
      const texts = new Map([short, long].map((length) => [length, ofLength(piece, length)]));
      const work = async (length: number) => {
        for (let i = 0; i < times; i++) await place(app, texts.get(length) ?? '');
      };
      const found = await growth(work, short, long);
      if (found > LINEAR) growing.push([piece, found]);
    }
    expect(growing).toEqual([]);
    expect(app.logged.filter(({ level }) => level === 'error')).toEqual([]);
    app.logged.length = 0;
  }

  it.each(Object.entries(LONG_PLACES))(
    'takes no longer by the byte where it is longer: as %s',
    { timeout: 300_000 },
    (_name, place) => expectLinear(place, [16 * KIB, 160 * KIB]),
  );

  it.each(Object.entries(HEAD_PLACES))(
    'takes no longer by the byte where it is longer: in the head of a request, %s',
    { timeout: 300_000 },
    (_name, place) => expectLinear(place, [300, 4800], 5),
  );

  it.each(Object.entries(MESSAGE_PLACES))(
    'takes no longer by the byte where it is longer: as %s',
    { timeout: 300_000 },
    (_name, place) => expectLinear(place, [2 * KIB, 32 * KIB]),
  );

  it.each(['Int', 'Value "', 'Syntax Error: ', 'Expected value of type "', 'Variable "$a" '])(
    'is cut from a message of the engine in no time: %s…',
    (head) => expectLinear((_app, text) => withoutQuotedValue(head + text), [64 * KIB, KIB * KIB]),
  );

  it('is folded in no time where no name is so long', () =>
    expectLinear((_app, text) => foldName(text), [64 * KIB, KIB * KIB]));
});
