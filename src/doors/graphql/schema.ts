import '../../features/api-keys/graphql.ts';
import '../../features/audit/graphql.ts';
import '../../features/auth/graphql.ts';
import '../../features/dashboards/graphql.ts';
import '../../features/email/graphql.ts';
import '../../features/import/graphql.ts';
import '../../features/invitations/graphql.ts';
import '../../features/nodes/graphql.ts';
import '../../features/passwords/graphql.ts';
import '../../features/projects/mutation-graphql.ts';
import '../../features/referrals/graphql.ts';
import '../../features/sessions/graphql.ts';
import '../../features/sign-in/graphql.ts';
import '../../features/setup/graphql.ts';
import '../../features/tenants/graphql.ts';
import '../../features/totp/graphql.ts';
import '../../features/users/graphql.ts';
import { builder } from '../../schema/builder.ts';
import { requireGuarded } from '../../schema/guard.ts';

/** The whole GraphQL contract, written to `schema.graphql` by `npm run schema`. */
export const schema = requireGuarded(builder.toSchema());
