import { ACTORS, type ActorName } from './world.ts';

/** In, turned away as a stranger, for want of rights, or because it does not exist for them. */
export type Verdict = 'in' | '401' | '403' | '404';
export type Row = Readonly<Record<ActorName, Verdict>>;

/** Who is turned away as a stranger. */
const NOBODY: readonly ActorName[] = ['anonymous', 'ended', 'disabled'];

type InTenant = 'tenantMember' | 'tenantAdmin' | 'tenantOwner';
type InProject = 'projectViewer' | 'projectEditor' | 'projectOwner';

function rowOf(verdict: (actor: ActorName) => Verdict): Row {
  return Object.fromEntries(ACTORS.map((actor) => [actor, verdict(actor)])) as Row;
}

/** Anyone at all. */
export const open = rowOf(() => 'in');

/** Anyone who is signed in. */
export const signedIn = rowOf((actor) => (NOBODY.includes(actor) ? '401' : 'in'));

/** System administrators. */
export const administrators: Row = {
  ...rowOf((actor) => (NOBODY.includes(actor) ? '401' : '403')),
  systemAdmin: 'in',
};

/** These of the tenant; the others of it are refused, and for a stranger it is not there. */
export function inTenant(...actors: readonly (InTenant | 'all')[]): Row {
  const isIn = (actor: ActorName) =>
    actor === 'systemAdmin' ||
    actors.includes('all') ||
    (actors as readonly ActorName[]).includes(actor);
  return {
    ...rowOf((actor) => (NOBODY.includes(actor) ? '401' : isIn(actor) ? 'in' : '403')),
    stranger: '404',
  };
}

/** These of the project; administrators and the tenant's people are refused unless they are named. */
export function inProject(...actors: readonly (InProject | InTenant | 'systemAdmin')[]): Row {
  const isIn = (actor: ActorName) => (actors as readonly ActorName[]).includes(actor);
  return {
    ...rowOf((actor) => (NOBODY.includes(actor) ? '401' : isIn(actor) ? 'in' : '403')),
    stranger: '404',
  };
}

/** The same where whoever is disabled is told that it is so. */
export function told(row: Row): Row {
  return { ...row, disabled: '403' };
}
