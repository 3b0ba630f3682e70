// What the programs here share: the command line, the real libraries by their short names, and connections.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import Redis from 'ioredis';

const require = createRequire(import.meta.url);
const PACKAGES = { 3: 'bullmq3', 4: 'bullmq4', 5: 'bullmq5', 6: 'bullmq6', bull4: 'bull4' };

export function readArguments(more = {}) {
  const { values } = parseArgs({
    options: {
      lib: { type: 'string', default: '5' },
      url: { type: 'string', default: 'redis://127.0.0.1:6379' },
      prefix: { type: 'string', default: 'bull' },
      ...more,
    },
  });
  if (!(values.lib in PACKAGES)) throw new Error(`--lib is one of ${Object.keys(PACKAGES).join(', ')}`);
  return values;
}

// `major` is 0 for Bull, so that `major >= 5` reads as it should.
export function loadLibrary(lib) {
  const name = PACKAGES[lib];
  return {
    lib,
    api: require(name),
    version: require(`${name}/package.json`).version,
    isBull: lib === 'bull4',
    major: lib === 'bull4' ? 0 : Number(lib),
  };
}

// The libraries want blocking connections that never give up; all others get the same for simplicity.
const FOREVER = { maxRetriesPerRequest: null, enableReadyCheck: false };

export function connectionOptions(url) {
  const at = new URL(url);
  if (at.protocol === 'unix:') return { path: decodeURIComponent(at.pathname), ...FOREVER };
  return {
    host: at.hostname.replace(/^\[|\]$/g, ''),
    port: Number(at.port || 6379),
    db: Number(at.pathname.slice(1) || 0),
    ...(at.username && { username: decodeURIComponent(at.username) }),
    ...(at.password && { password: decodeURIComponent(at.password) }),
    ...(at.protocol === 'rediss:' && { tls: {} }),
    ...FOREVER,
  };
}

export function connect(url) {
  const client = new Redis(connectionOptions(url));
  client.setMaxListeners(0); // every Queue on this connection listens for its end
  return client;
}

export function inBatches(items, size, task) {
  const batches = [];
  for (let at = 0; at < items.length; at += size) batches.push(items.slice(at, at + size));
  return batches.reduce(
    async (before, batch) => (await before).concat(await Promise.all(batch.map(task))),
    Promise.resolve([]),
  );
}

// The whole text is handed over before the process ends: process.exit() alone cuts what a pipe has not taken yet.
export function printAndExit(text) {
  process.stdout.write(`${text}\n`, () => process.exit(0));
}

export function fail(error) {
  process.stderr.write(`${error?.stack ?? error}\n`, () => process.exit(1));
}
