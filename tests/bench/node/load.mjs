// A fleet at work, for as long as standard input is open: producers over all queues, workers on the busy ones.
//
//   node load.mjs --url URL --queues 1000 --busy 40 --rate 500
//
//   stop  the producers end and the workers go on until nothing is left to run  -> {"added": N}
//
// Most jobs go to the busy queues and are run there, two in a hundred fail; the others gather in the rest. While the
// server is away nothing is counted as added that it did not acknowledge.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import IORedis from 'ioredis';
import { Queue, Worker } from 'bullmq';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    queues: { type: 'string', default: '1000' },
    busy: { type: 'string', default: '40' },
    rate: { type: 'string', default: '500' },
  },
});
const count = Number(values.queues);
const busy = Number(values.busy);
const rate = Number(values.rate);
const patient = () => {
  const made = new IORedis(values.url, { maxRetriesPerRequest: null, retryStrategy: () => 500 });
  made.on('error', () => {});
  return made;
};
const shared = patient();
const queues = Array.from({ length: count }, (_, i) => {
  const queue = new Queue(`load-${String(i).padStart(4, '0')}`, { connection: shared });
  queue.on('error', () => {});
  return queue;
});
const workers = queues.slice(0, busy).map(
  (queue) =>
    new Worker(
      queue.name,
      async (job) => {
        if (job.data.bad) throw new Error(`ETIMEDOUT while calling host ${job.data.n % 7}`);
        return { n: job.data.n };
      },
      { connection: patient(), concurrency: 10 },
    ),
);
for (const worker of workers) worker.on('error', () => {});

const OPTS = { removeOnComplete: { count: 100 }, removeOnFail: { count: 50 } };
let going = true;
let added = 0;
let n = 0;
const began = Date.now();

async function produce() {
  while (going) {
    const due = Math.min(200, Math.floor(((Date.now() - began) / 1000) * rate) - n);
    for (let i = 0; i < due; i++) {
      n += 1;
      const at = n % 12 ? n % busy : busy + (Math.floor(n / 12) % Math.max(1, count - busy));
      queues[at].add('task', { n, bad: n % 50 === 0 }, OPTS).then(
        () => (added += 1),
        () => {},
      );
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}
const producing = produce();
console.log(JSON.stringify({ started: true }));

async function stop() {
  going = false;
  await producing;
  for (;;) {
    const counts = await Promise.all(queues.slice(0, busy).map((queue) => queue.getJobCounts('wait', 'active')));
    if (counts.every(({ wait, active }) => !wait && !active)) return;
    await new Promise((done) => setTimeout(done, 200));
  }
}
const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  if (line.trim() !== 'stop') return;
  await stop();
  console.log(JSON.stringify({ added }));
});
lines.on('close', () => process.exit(0));
