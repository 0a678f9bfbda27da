import fc from 'fast-check';
import type { GraphQLScalarType } from 'graphql';
import { parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';

const scalar = schema.getType('DateTime') as GraphQLScalarType<Date, string>;
const REFUSAL = 'DateTime must be a date and time (RFC 3339).';

describe('a DateTime', () => {
  it.each<[string, string]>([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.25Z', '2026-01-31T09:30:00.250Z'],
    ['2026-01-31T09:30:00+05:30', '2026-01-31T04:00:00.000Z'],
    ['2024-02-29T23:59:59-00:30', '2024-03-01T00:29:59.000Z'],
  ])('is read with its offset: %s', (text, moment) => {
    expect(scalar.parseValue(text).toISOString()).toBe(moment);
    expect(scalar.parseLiteral(parseValue(`"${text}"`)).toISOString()).toBe(moment);
  });

  it.each([
    '',
    'yesterday',
    '1',
    '2026',
    '2026-01-31',
    '2026-01-31T09:30:00',
    '2026-01-31T09:30Z',
    '2026-01-31 09:30:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:30:00+0530',
    'Sat, 31 Jan 2026 09:30:00 GMT',
    '+012026-01-31T09:30:00Z',
    ' 2026-01-31T09:30:00Z',
    '2026-01-31T09:30:00Z\n',
  ])('is not whatever a Date takes: %j', (text) => {
    expect(() => scalar.parseValue(text)).toThrow(REFUSAL);
    expect(() => scalar.parseLiteral(parseValue(JSON.stringify(text)))).toThrow(REFUSAL);
  });

  it.each(['1', '1.5', 'true', '{}', '["2026-01-31T09:30:00Z"]'])(
    'is nothing but a string: %s',
    (value) => {
      expect(() => scalar.parseValue(JSON.parse(value))).toThrow(REFUSAL);
      expect(() => scalar.parseLiteral(parseValue(value))).toThrow(REFUSAL);
    },
  );

  it('is read as it was written, whatever the moment', () => {
    const years = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') };
    fc.assert(
      fc.property(fc.date({ ...years, noInvalidDate: true }), (date) => {
        expect(scalar.parseValue(scalar.serialize(date))).toEqual(date);
      }),
    );
  });
});
