import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { INSTALLATION, processOfTest, temporaryFolder } from '../support/process.ts';

/** Costly enough to be seen in a thread's processor time, which is told in hundredths of a second. */
const COSTLY = { ARGON2_MEMORY_KIB: '65536', ARGON2_TIME: '2' };
const CREDENTIALS = { username: 'admin', password: 'correct horse battery' };

interface Thread {
  readonly isMain: boolean;
  readonly nice: number;
  readonly ticks: number;
}

/** proc_pid_stat(5): fields 14 and 15 are the processor time, 19 is the nice value. */
function threadsOf(pid: number): readonly Thread[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, nice] = [fields[11], fields[12], fields[16]].map(Number);
    return { isMain: Number(id) === pid, nice: nice ?? 0, ticks: (user ?? 0) + (system ?? 0) };
  });
}

async function afterSigningIn(env: Readonly<Record<string, string>>) {
  const { url, child } = await processOfTest(
    { ...INSTALLATION, ...COSTLY, DATA_DIR: temporaryFolder(), ...env },
    'dist/main.cjs',
  );
  const post = (path: string) =>
    fetch(`${url}/compat/quazzar-os/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(CREDENTIALS),
    });
  expect((await post('/setup')).status).toBe(201);
  for (let i = 0; i < 3; i++) expect((await post('/login')).status).toBe(200);
  return threadsOf(child.pid ?? 0);
}

describe.skipIf(process.platform !== 'linux')('the threads that hash', () => {
  it('give way to everything else, and nothing else does', async () => {
    const threads = await afterSigningIn({});
    const yielding = threads.filter(({ nice }) => nice === 10);
    expect(yielding).toHaveLength(4);
    expect(yielding.reduce((sum, { ticks }) => sum + ticks, 0)).toBeGreaterThan(5);
    expect(threads.filter(({ nice }) => nice !== 10).every(({ nice }) => nice === 0)).toBe(true);
    expect(threads.find(({ isMain }) => isMain)?.nice).toBe(0);
  });

  it('do so as much as HASH_NICE says, however many there are', async () => {
    const threads = await afterSigningIn({ HASH_NICE: '19', UV_THREADPOOL_SIZE: '6' });
    expect(threads.filter(({ nice }) => nice === 19)).toHaveLength(6);
  });

  it('do not where HASH_NICE is 0', async () => {
    const threads = await afterSigningIn({ HASH_NICE: '0' });
    expect(threads.every(({ nice }) => nice === 0)).toBe(true);
  });
});
