import type { Input } from './doors.ts';
import type { Scene } from './scene.ts';

type SetScene = (scene: Scene) => Input | Promise<Input>;

/** Sets a scene, and says what an operation is to be given in it. */
export interface Try {
  (scene: Scene): Input | Promise<Input>;
  /** Whether the scene is another for everybody who tries. */
  readonly isOwn?: true;
  /** Whether nobody has to say who they are. */
  readonly isWhileOff?: true;
}

/** By operation and by what is particular about a try. */
export type Inputs = Readonly<Record<string, Readonly<Record<string, Try>>>>;

/** About something that whoever tries has; everybody else shares a scene. */
export const own = (set: SetScene): Try =>
  Object.assign(set.bind(undefined), { isOwn: true } as const);

/** While authentication is off. */
export function whileOff(set: SetScene): Try {
  const off = async (scene: Scene) => {
    const { prisma } = scene.ctx.db;
    const setting = { value: 'off', updatedAt: scene.ctx.clock.now() };
    const where = { key: 'auth' };
    await prisma.setting.upsert({ where, create: { ...where, ...setting }, update: setting });
    return set(scene);
  };
  return Object.assign(off, { isWhileOff: true } as const);
}

/** For people who signed in long ago. */
export const stale =
  (set: SetScene): Try =>
  async (scene) => {
    const authenticatedAt = new Date(scene.ctx.clock.now().getTime() - 86_400_000);
    await scene.ctx.db.prisma.session.updateMany({ data: { authenticatedAt } });
    return set(scene);
  };

/** For people who have yet to choose a password of their own. */
export const withGivenPassword =
  (set: SetScene): Try =>
  async (scene) => {
    await scene.ctx.db.prisma.user.updateMany({ data: { mustChangePassword: true } });
    return set(scene);
  };
