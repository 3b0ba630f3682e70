// A queue with a worker that writes down what it does itself: how many jobs it was given, tried, completed and gave up,
// how long each waited from when it could run, and how long it ran. The last line of the output has all of it.
//
// Commands are lines on the standard input, each a JSON object: `{"jobs": N}` adds so many, `{"quiet": true}` answers
// when nothing is left, `{"obliterate": true}` ends the queue with all its keys, `{"flush": true}` deletes everything,
// `{"trim": N}` keeps no more than N events from now on, `0` as many as ever, `{"tell": true}` answers with the truth so far.
import { createInterface } from 'node:readline';
import { connect, connectionOptions, loadLibrary, readArguments } from './lib.mjs';

const args = readArguments({
  queue: { type: 'string', default: 'truth' },
  concurrency: { type: 'string', default: '8' },
  run: { type: 'string', default: '25' }, // ms; names differ by factors of it
  fails: { type: 'string', default: '0.1' }, // share of the attempts
  keep: { type: 'boolean', default: false }, // finished jobs stay
  metrics: { type: 'boolean', default: false },
});
const { api } = loadLibrary(args.lib);
const NAMES = { quick: 1, slow: 2, odd: 4 };
const BACKOFF = 80; // ms
const client = connect(args.url);
const queue = new api.Queue(args.queue, { connection: client, prefix: args.prefix });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Pseudo-random and the same each time.
let seed = 7;
const random = () => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
};

const truth = { added: 0, started: 0, completed: 0, failed: 0, retried: 0, wait: [], run: [], names: {} };
const could = new Map(); // by id: when a job could run, or none while it was not seen
const begun = new Set();
const of = (name) => (truth.names[name] ??= { completed: 0, failed: 0, run: [] });

async function work(job) {
  const began = Date.now();
  truth.started += 1;
  begun.add(job.id);
  if (could.has(job.id)) truth.wait.push(began - could.get(job.id));
  await sleep(Number(args.run) * NAMES[job.name] * (0.5 + random()));
  if (random() < Number(args.fails)) throw new Error(`${job.name} does not work`);
  return 1;
}

const worker = new api.Worker(args.queue, work, {
  connection: connectionOptions(args.url),
  prefix: args.prefix,
  concurrency: Number(args.concurrency),
  ...(args.metrics ? { metrics: { maxDataPoints: 600 } } : {}),
});
worker.on('error', () => {});

function ended(job, result) {
  could.delete(job.id);
  truth[result] += 1;
  of(job.name)[result] += 1;
  const ms = job.finishedOn - job.processedOn;
  truth.run.push(ms);
  of(job.name).run.push(ms);
}
worker.on('completed', (job) => ended(job, 'completed'));
worker.on('failed', (job) => {
  if (job.finishedOn) {
    ended(job, 'failed');
    return;
  }
  truth.retried += 1;
  could.set(job.id, Date.now() + (job.opts.backoff?.delay ?? job.opts.backoff ?? 0));
});

let number = 0;
async function add(count) {
  const jobs = [];
  for (let i = 0; i < count; i++) {
    number += 1;
    const name = Object.keys(NAMES)[number % 3];
    const opts = { jobId: `j${number}`, removeOnComplete: !args.keep, removeOnFail: !args.keep, attempts: 1 + (number % 3) };
    if (number % 2) opts.backoff = { type: 'fixed', delay: BACKOFF };
    if (number % 10 === 0) opts.delay = 150;
    if (number % 7 === 0) opts.priority = 1 + (number % 3);
    jobs.push({ name, data: { number }, opts });
  }
  const half = jobs.length >> 1;
  // They can run once the server has them all, which is just before its answer.
  for (const { opts } of jobs.slice(0, half)) could.set(opts.jobId, Date.now() + (opts.delay ?? 0));
  await queue.addBulk(jobs.slice(0, half));
  for (const { opts } of jobs.slice(0, half)) {
    if (could.has(opts.jobId) && !begun.has(opts.jobId)) could.set(opts.jobId, Date.now() + (opts.delay ?? 0));
  }
  for (const { name, data, opts } of jobs.slice(half)) {
    could.set(opts.jobId, Date.now() + (opts.delay ?? 0));
    await queue.add(name, data, opts);
  }
  truth.added += count;
}

async function quiet() {
  for (let still = 0; still < 3; ) {
    const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
    still = Object.values(counts).some(Boolean) ? 0 : still + 1;
    await sleep(20);
  }
}

let trimming;
console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.jobs) await add(command.jobs);
  if (command.quiet) await quiet();
  if (command.obliterate) {
    await queue.pause();
    await queue.obliterate({ force: true });
    await queue.resume();
  }
  if (command.flush) await client.flushall();
  if ('trim' in command) {
    clearInterval(trimming);
    const trim = () => client.xtrim(`${args.prefix}:${args.queue}:events`, 'MAXLEN', command.trim);
    if (command.trim) trimming = setInterval(trim, 15);
  }
  console.log(JSON.stringify(command.tell ? truth : {}));
}
process.exit(0);
