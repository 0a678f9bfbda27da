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

const HEAD = `# Who may do what

Made from \`src/access/policy.ts\` and from what the operations ask for (\`npm run config:docs\`); a test
holds it to them. What a row does not grant is denied.

A role counts as far as it reaches: a system role in the whole installation, a tenant role in that
tenant, a project role in that project. A tenant or project that is none of the caller's answers as
one that is not there. System administrators stand above tenants, but what is inside a project needs
a membership, theirs too.

An API key may what its owner may at that moment and its own scopes name; without named scopes, all that
the column "API key" has. It is never let in where somebody has to have signed in recently, unless that
is said not to concern API keys. With \`SELF_REGISTRATION=admin\` no tenant role carries \`users:create\`.

Roles above \`USER\`, \`MEMBER\` and \`VIEWER\` are given and taken by somebody who signed in recently, and by
no API key; none above the own.
`;

/** The page as it should be: the table of the policy, then the operations by who may call them. */
export function permissionsPage(): string {
  const matrices = AXES.map((axis) => `\n## ${title(axis)} roles\n\n${roleTable(axis)}`);
  const operations = [...offeredOperations()];
  const byRole = operations.filter(([, { scopes }]) => permissionOf(scopes) !== undefined);
  const others = operations.filter((operation) => !byRole.includes(operation));
  return [
    HEAD,
    ...matrices,
    `\n## Operations by role\n\n${BY_ROLE_HEAD}\n${byRoleTable(byRole)}`,
    `\n## Operations for everybody\n\n${FOR_ALL_HEAD}\n${forAllTable(others)}`,
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

const BY_ROLE_HEAD = `An operation answers the same at every door that offers it. "yes": that role alone is
let in, where it reaches. Whatever else an operation looks at (whose account it is, which role is
given) stands in its description in the schema. "Can answer" are the failures that belong to it: in
GraphQL members of its result, in REST statuses; those that any operation can have are in the README.
`;

const FOR_ALL_HEAD = `Somebody who is signed in does these to what is their own; where an operation reaches
further for some roles, its description in the schema says so.
`;

type Named = readonly [name: string, offered: Offered];

interface Offered {
  readonly scopes: Scopes;
  /** The failures that it declares. */
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
  return table(['Operation', 'Asks for', ...heads, 'Can answer', 'Doors'], rows);
}

function forAllTable(operations: readonly Named[]): string {
  const rows = operations.map(([name, { scopes, fails, doors }]) => [
    `\`${name}\``,
    scopes.public === true ? 'anyone' : `anyone signed in${recently(scopes)}${keys(scopes)}`,
    codes(fails),
    doors.join('<br>'),
  ]);
  return table(['Operation', 'For', 'Can answer', 'Doors'], rows);
}

/** Whether that role alone gets in, where it reaches. */
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

/** Who changes how they sign in has to have signed in of late, with the second factor they have. */
function recently({ fresh, freshFor }: Scopes): string {
  if (freshFor !== undefined) return `, recently for ${freshFor}`;
  return fresh === undefined ? '' : RECENTLY[fresh];
}

const RECENTLY = {
  session: ', recently',
  password: ', recently where there is a second factor',
  unlessKey: ', recently unless by an API key',
} as const satisfies Record<NonNullable<Scopes['fresh']>, string>;

/** Which API keys are let in besides. */
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
