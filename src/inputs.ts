import { z } from 'zod';

/** The id of a thing: opaque, so that one that cannot be is answered like one that is not there. */
export const idInput = z.string().max(64).meta({ format: 'id' });
