import '../features/auth/graphql.ts';
import '../features/passwords/graphql.ts';
import '../features/sessions/graphql.ts';
import '../features/setup/graphql.ts';
import '../features/users/graphql.ts';
import { builder } from './builder.ts';
import { requireGuarded } from './guard.ts';

/** The whole GraphQL contract, written to `schema.graphql` by `npm run schema`. */
export const schema = requireGuarded(builder.toSchema());
