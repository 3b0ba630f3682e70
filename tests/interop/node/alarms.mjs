// Queues in trouble, one for each kind of alert about queues. Commands are lines on the standard input, each answered with
// a line once it is done: `{"do": "open"}` makes the queues, `begin` the trouble, and `end` sets it right again.
import { createInterface } from 'node:readline';
import { connect, connectionOptions, loadLibrary, readArguments } from './lib.mjs';

const args = readArguments();
const { api } = loadLibrary(args.lib);
const client = connect(args.url);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const queues = {};
const queue = (name) => (queues[name] ??= new api.Queue(name, { connection: client, prefix: args.prefix }));
const bulk = (count, name = 'job') => Array.from({ length: count }, () => ({ name, data: {} }));

async function worker(name, run, options = {}) {
  const one = new api.Worker(name, run, { connection: connectionOptions(args.url), prefix: args.prefix, ...options });
  one.on('error', () => {});
  await one.waitUntilReady();
  return one;
}

async function ended(name, count) {
  while ((await queue(name).getJobCountByTypes('completed', 'failed')) < count) await sleep(10);
}

const fails = async (job) => {
  if (job.name === 'bad') throw new Error('no');
};
let release = () => {};

const BEGIN = {
  async failed() {
    await worker('failed', fails);
    await queue('failed').addBulk(bulk(5, 'bad'));
  },
  async 'failed-rate'() {
    await worker('failed-rate', fails);
    await queue('failed-rate').addBulk(bulk(6, 'bad'));
  },
  async 'failure-share'() {
    await worker('failure-share', fails);
    await queue('failure-share').addBulk(bulk(12, 'bad'));
  },
  async backlog() {
    await queue('backlog').addBulk(bulk(8));
  },
  async 'oldest-waiting'() {
    await queue('oldest-waiting').addBulk(bulk(2));
  },
  async 'wait-p95'() {
    await queue('wait-p95').addBulk(bulk(3));
    await sleep(1500);
    await worker('wait-p95', async () => {});
  },
  async 'run-p95'() {
    await worker('run-p95', (job) => sleep(job.name === 'slow' ? 900 : 0), { concurrency: 50 });
    await queue('run-p95').addBulk(bulk(3, 'slow'));
  },
  async 'no-workers'() {
    await queue('no-workers').addBulk(bulk(2));
  },
  // Its lock runs out while it works, and the next look for such jobs finds it.
  async stalled() {
    await queue('stalled').addBulk(bulk(1));
    let times = 0;
    const run = () => (times++ ? undefined : sleep(60_000));
    const options = { lockDuration: 300, stalledInterval: 300, lockRenewTime: 600_000, maxStalledCount: 5 };
    await worker('stalled', run, options);
    await sleep(100);
    await worker('stalled', run, { ...options, lockDuration: 5000, lockRenewTime: 2500 });
  },
  async 'overdue-scheduler'() {
    await queue('overdue-scheduler').upsertJobScheduler('s', { every: 400 });
  },
  async paused() {
    await queue('paused').pause();
  },
  async 'no-completions'() {
    await worker('no-completions', () => new Promise((resolve) => (release = resolve)), { concurrency: 1 });
    await queue('no-completions').addBulk(bulk(3));
  },
};

const END = {
  failed: () => queue('failed').clean(0, 100, 'failed'),
  'failed-rate': async () => {},
  async 'failure-share'() {
    await queue('failure-share').addBulk(bulk(60));
    await ended('failure-share', 72);
  },
  backlog: () => queue('backlog').drain(),
  'oldest-waiting': () => queue('oldest-waiting').drain(),
  'wait-p95': () => Promise.all(Array.from({ length: 100 }, () => queue('wait-p95').add('quick', {}))),
  'run-p95': () => queue('run-p95').addBulk(bulk(100)),
  async 'no-workers'() {
    await worker('no-workers', async () => {});
  },
  stalled: async () => {},
  'overdue-scheduler': () => queue('overdue-scheduler').removeJobScheduler('s'),
  paused: () => queue('paused').resume(),
  async 'no-completions'() {
    for (let left = 3; left; left--) {
      release();
      await sleep(50);
    }
  },
};

// A job that is done, so that a queue is there to be found.
const OPEN = Object.fromEntries(
  Object.keys(BEGIN).map((name) => [
    name,
    async () => {
      await queue(name).add('first', {});
      await queue(name).drain();
    },
  ]),
);

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const acts = { open: OPEN, begin: BEGIN, end: END }[JSON.parse(line).do];
  await Promise.all(Object.values(acts).map((act) => act()));
  console.log(JSON.stringify({ done: Object.keys(acts) }));
}
process.exit(0);
