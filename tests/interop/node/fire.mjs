// Producers and workers at full speed, for a test of losing nothing meanwhile. Commands come as lines on standard input,
// answers go out as lines of JSON; it ends when standard input closes.
//
//   node fire.mjs --lib 4|5|6 --url URL --prefix P --name QUEUE
//
//   start   10 producers and 4 workers begin          -> {"started": true}
//   stop    the producers end                         -> {"added": N}
//   quiet   waits until nothing is left to be done    -> {"left": {...}} counts of what has not finished
//
// What happened is written down beside the queue, in one hash each of `PREFIX-fire`: `added` has every id with what kind
// of job it is, `ran` counts for each id how often its processor came to a good end.
// Kinds: plain, soon (due within a second), later (due in an hour: only a promotion brings it), first (prioritized),
// bad (fails at its first attempt, and has only one: only a retry brings it).
import { createInterface } from 'node:readline';
import { connect, fail, loadLibrary, readArguments } from './lib.mjs';
import { sleep } from './stage.mjs';

const PRODUCERS = 10;
const WORKERS = 4;
const HOUR = 3_600_000;
const KINDS = {
  plain: () => ({}),
  soon: () => ({ delay: 20 + Math.floor(Math.random() * 1000) }),
  later: () => ({ delay: HOUR }),
  first: () => ({ priority: 1 + Math.floor(Math.random() * 5) }),
  bad: () => ({}),
};
const MIX = ['plain', 'plain', 'plain', 'soon', 'later', 'first', 'bad'];

const { lib, url, prefix, name } = readArguments({ name: { type: 'string' } });
const { api, major } = loadLibrary(lib);
const notes = connect(url);
const noteKey = (what) => `${prefix}-fire:${name}:${what}`;

const queue = new api.Queue(name, { connection: connect(url), prefix });
let going = true;

async function produce(number) {
  for (let i = 0; going; i++) {
    const kind = MIX[(i + number) % MIX.length];
    const job = await queue.add(kind, { number, i }, { ...KINDS[kind](), attempts: 1 });
    await notes.hset(noteKey('added'), job.id, kind);
  }
}

// Set by us, so that it holds for whatever counter of attempts a library keeps.
async function work(job) {
  if (job.name === 'bad' && (await notes.hincrby(noteKey('tries'), job.id, 1)) === 1) throw new Error('at first it fails');
  await notes.hincrby(noteKey('ran'), job.id, 1);
}

const workers = [];
let producers = [];

function start() {
  for (let i = 0; i < WORKERS; i++) {
    const worker = new api.Worker(name, work, { connection: connect(url), prefix, concurrency: 10 });
    worker.on('error', () => {}); // what a worker complains about while its queue is changed is not what is tested
    workers.push(worker);
  }
  producers = Array.from({ length: PRODUCERS }, (_, i) => produce(i));
  return { started: true };
}

async function stop() {
  going = false;
  await Promise.all(producers);
  return { added: await notes.hlen(noteKey('added')) };
}

const PENDING = ['wait', 'paused', 'active', 'prioritized', 'delayed', 'failed'];
const LISTS = new Set(['wait', 'paused', 'active']);

// Versions 3 and 4 leave a marker in `wait`, which is no job.
async function left() {
  const counts = {};
  for (const state of PENDING) {
    const key = `${prefix}:${name}:${state}`;
    if (!LISTS.has(state)) counts[state] = await notes.zcard(key);
    else counts[state] = (await notes.lrange(key, 0, 100)).filter((id) => major >= 5 || !id.startsWith('0:')).length;
  }
  return counts;
}

async function quiet() {
  const until = performance.now() + 30_000;
  for (;;) {
    const counts = await left();
    const going = counts.wait + counts.paused + counts.active + counts.prioritized;
    if (!going || performance.now() > until) return { left: counts };
    await sleep(50);
  }
}

const COMMANDS = { start, stop, quiet };
try {
  await queue.waitUntilReady();
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await COMMANDS[line.trim()]()));
  }
  process.exit(0);
} catch (error) {
  fail(error);
}
