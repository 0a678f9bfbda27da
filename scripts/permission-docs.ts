import type { GraphQLObjectType } from 'graphql';
import {
  grantsOf,
  KEY_PERMISSIONS,
  PERMISSIONS,
  POLICY,
  type Permission,
} from '../src/access/policy.ts';
import type { Scopes } from '../src/access/scopes.ts';
import { schema } from '../src/doors/graphql/schema.ts';
import { OAUTH_ENDPOINTS } from '../src/doors/oauth/door.ts';
import { DIALECTS } from '../src/doors/rest/mounts.ts';

type Axis = keyof typeof POLICY;

const AXES = ['system', 'tenant', 'project'] as const satisfies readonly Axis[];

const HEAD = `# Permissions

This page is generated from \`src/access/policy.ts\` and from the scopes of the operations
(\`npm run config:docs\`). A test compares the page with the code. A permission that no row grants is denied.

A system role reaches the whole installation, a tenant role its tenant, and a project role its project. A tenant or
project that the caller is not a member of is answered like an unknown one. System administrators reach every tenant, but
they need a membership for what is inside a project.

An API key has the permissions that both its owner has at that moment and its scopes name. A key without named scopes has
the permissions that the column "API key" marks. A key never counts as a recent sign-in, so it cannot call an operation
that requires one, except where the table says "unless by an API key". With \`SELF_REGISTRATION=admin\` no tenant role grants
\`users:create\`.

Roles above \`USER\`, \`MEMBER\` and \`VIEWER\` can only be given and taken with a recent sign-in, not by an API key, and not
above the caller's own role.

"recently" in the tables means that the operation requires a [recent sign-in](second-factor.md#step-up).
`;

/** The content of docs/permissions.md: the policy table, then the operations by caller. */
export function permissionsPage(): string {
  const matrices = AXES.map((axis) => `\n## ${title(axis)} roles\n\n${roleTable(axis)}`);
  const operations = [...offeredOperations()];
  const byRole = operations.filter(([, { scopes }]) => permissionOf(scopes) !== undefined);
  const others = operations.filter((operation) => !byRole.includes(operation));
  return [
    HEAD,
    ...matrices,
    `\n## Operations by role\n\n${BY_ROLE_HEAD}\n${byRoleTable(byRole)}`,
    `\n## Operations for every user\n\n${FOR_ALL_HEAD}\n${forAllTable(others)}`,
  ].join('');
}

function roleTable(axis: Axis): string {
  const roles = Object.entries(POLICY[axis] as Readonly<Record<string, readonly Permission[]>>);
  const rows = PERMISSIONS[axis]
    .filter((permission) => roles.some(([, granted]) => granted.includes(permission)))
    .map((permission) => [
      `\`${permission}\``,
      ...roles.map(([, granted]) => mark(granted.includes(permission))),
      mark(KEY_PERMISSIONS.includes(permission)),
    ]);
  return table(['Permission', ...roles.map(([role]) => `\`${role}\``), 'API key'], rows);
}

const BY_ROLE_HEAD = `An operation gives the same answer at every door that offers it. "yes" means that the role alone is
sufficient, where it reaches. Further conditions, such as whose account it is or which role is given, are in the
description of the operation in the schema. "Can answer" lists the failures of the operation: members of its result in
GraphQL, statuses in REST. [graphql.md](graphql.md#errors) lists the errors that every operation can answer.
`;

const FOR_ALL_HEAD = `Every signed-in user can call these operations for their own data. If an operation reaches further for some
roles, its description in the schema says so.
`;

type Named = readonly [name: string, offered: Offered];

interface Offered {
  readonly scopes: Scopes;
  /** The failures that the operation declares. */
  readonly fails: readonly string[];
  readonly doors: readonly string[];
}

/** Every operation by name, with the doors that offer it. */
export function offeredOperations(): ReadonlyMap<string, Offered> {
  const offered = new Map<string, Offered>();
  const add = (name: string, { scopes, fails }: Omit<Offered, 'doors'>, door: string) => {
    offered.set(name, { scopes, fails, doors: [...(offered.get(name)?.doors ?? []), door] });
  };
  for (const type of [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ]) {
    for (const field of Object.values((type as GraphQLObjectType).getFields())) {
      add(field.name, field.extensions as unknown as Offered, 'GraphQL');
    }
  }
  for (const { name, rows } of DIALECTS) {
    for (const { operation, method, path } of rows) {
      add(operation.name, operation, `\`${name}\` ${method} ${path}`);
    }
  }
  for (const [path, { operation }] of Object.entries(OAUTH_ENDPOINTS)) {
    add(operation.name, operation, `OAuth POST ${path}`);
  }
  return new Map([...offered].sort(([a], [b]) => a.localeCompare(b, 'en')));
}

function byRoleTable(operations: readonly Named[]): string {
  const roles = AXES.flatMap((axis) => Object.keys(POLICY[axis]).map((role) => ({ axis, role })));
  const rows = operations.map(([name, { scopes, fails, doors }]) => [
    `\`${name}\``,
    `\`${permissionOf(scopes)}\`${recently(scopes)}`,
    ...roles.map(({ axis, role }) => mark(isGranted(scopes, axis, role))),
    codes(fails),
    doors.join('<br>'),
  ]);
  const heads = roles.map(({ axis, role }) => `${axis} \`${role}\``);
  return table(['Operation', 'Requires', ...heads, 'Can answer', 'Doors'], rows);
}

function forAllTable(operations: readonly Named[]): string {
  const rows = operations.map(([name, { scopes, fails, doors }]) => [
    `\`${name}\``,
    scopes.public === true
      ? 'every caller'
      : `every signed-in user${recently(scopes)}${keys(scopes)}`,
    codes(fails),
    doors.join('<br>'),
  ]);
  return table(['Operation', 'For', 'Can answer', 'Doors'], rows);
}

/** Whether the role alone is sufficient, where it reaches. */
function isGranted(scopes: Scopes, axis: Axis, role: string): boolean {
  const { permission, tenant = scopes.anywhere, project } = scopes;
  const reaches: Readonly<Record<Axis, Permission | undefined>> = {
    system: permission ?? tenant ?? project,
    tenant: tenant ?? project,
    project,
  };
  const asked = reaches[axis];
  return asked !== undefined && grantsOf({ system: 'USER', [axis]: role }).has(asked);
}

function permissionOf(scopes: Scopes): Permission | undefined {
  return scopes.permission ?? scopes.tenant ?? scopes.anywhere ?? scopes.project;
}

/** The words for a required recent sign-in, empty if the operation requires none. */
function recently({ fresh, freshFor }: Scopes): string {
  if (freshFor !== undefined) return `, recently for ${freshFor}`;
  return fresh === undefined ? '' : RECENTLY[fresh];
}

const RECENTLY = {
  session: ', recently',
  password: ', recently where there is a second factor',
  unlessKey: ', recently unless by an API key',
} as const satisfies Record<NonNullable<Scopes['fresh']>, string>;

/** The API keys that can also call the operation. */
function keys({ apiKey }: Scopes): string {
  if (apiKey === undefined) return '';
  if (apiKey === 'any') return ', API keys';
  const which = apiKey === 'unscoped' ? 'without named scopes' : `for \`${apiKey}\``;
  return `, API keys ${which}`;
}

function codes(fails: readonly string[]): string {
  return fails.map((code) => `\`${code}\``).join(' ');
}

function title(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function mark(yes: boolean): string {
  return yes ? 'yes' : '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rule = line(head.map(() => '---'));
  return `<!-- prettier-ignore -->\n${line(head)}${rule}${rows.map(line).join('')}`;
}
