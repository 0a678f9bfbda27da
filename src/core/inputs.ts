import { z } from 'zod';
import { cleanText } from './text.ts';

/** The id of a thing: opaque, so that one that cannot be is answered like one that is not there. */
export const idInput = z
  .string()
  .max(64)
  .overwrite((id) => cleanText(id, 64))
  .meta({ format: 'id' });

/** One of the values of a GraphQL enum, which is found by its name. */
export function enumInput<const V extends readonly string[]>(enumName: string, values: V) {
  return z.enum(values).meta({ enumName });
}
