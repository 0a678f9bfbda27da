// One process of a fleet, over the source: what src/serve.ts does, with a clock that a test moves.
import { setTimeout as sleep } from 'node:timers/promises';
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url);
const { createHasher } = await jiti.import('../../src/adapters/hasher.ts');
const { systemRandom } = await jiti.import('../../src/adapters/random.ts');
const { createApp } = await jiti.import('../../src/app.ts');
const { loadConfig } = await jiti.import('../../src/config.ts');
const { closeServices, createServices } = await jiti.import('../../src/create-services.ts');

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const apps = new Map();

// What is remembered ages by this: time that a test lets pass has to pass for it too.
const ticks = performance.now.bind(performance);
let passed = 0;
performance.now = () => ticks() + passed;

/** A hasher that counts the passwords it is asked to check. */
function countingHasher(config) {
  const hasher = createHasher({
    memoryKib: config.argon2MemoryKib,
    time: config.argon2Time,
    parallelism: config.argon2Parallelism,
    concurrency: 2,
    queueLimit: 1000,
  });
  const counted = { checked: 0 };
  const verify = (...args) => {
    counted.checked += 1;
    return hasher.verify(...args);
  };
  return { counted, hasher: { ...hasher, verify } };
}

const CALLS = {
  async start({ app: id, env, now }) {
    const config = loadConfig(env);
    const { counted, hasher } = countingHasher(config);
    const time = { now: new Date(now) };
    const clock = { now: () => time.now };
    const services = await createServices(config, {
      clock,
      hasher,
      random: systemRandom,
      log: SILENT,
    });
    const marks = createMarks(services.changes);
    const { server, drain } = createApp(services);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    while (!services.changes.hearsOthers()) await sleep(5);
    apps.set(id, { time, counted, services, marks, server, drain });
    return `http://127.0.0.1:${server.address().port}`;
  },
  async moveTo({ app, now }) {
    const { time } = apps.get(app);
    passed += Math.max(0, now - time.now.getTime());
    time.now = new Date(now);
  },
  async hear({ app, mark }) {
    await apps.get(app).marks.heard(mark);
  },
  async checked({ app }) {
    return apps.get(app).counted.checked;
  },
  async stop({ app }) {
    const { server, drain, services } = apps.get(app);
    apps.delete(app);
    server.closeAllConnections();
    await drain();
    await closeServices(services, 0);
  },
};

/** Tells when a change that a test made up has come through, and so all that was committed before it. */
function createMarks(changes) {
  const known = new Set();
  const waiting = new Map();
  changes.subscribe(({ kind, userId }) => {
    if (kind !== 'user') return;
    known.add(userId);
    waiting.get(userId)?.();
  });
  return {
    heard: (mark) => known.has(mark) || new Promise((resolve) => waiting.set(mark, resolve)),
  };
}

process.on('message', async ({ call, what, ...rest }) => {
  try {
    process.send({ call, answer: await CALLS[what](rest) });
  } catch (error) {
    process.send({ call, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
