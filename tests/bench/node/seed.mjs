// Fills a server with many queues of BullMQ 5, and prints one line of JSON about what it made and how long that took.
//
//   node seed.mjs --url redis://127.0.0.1:6379 --prefix bull --queues 1002 --jobs 200000
//
// All queues but two share half of the jobs, the two big ones have the other half. Of every queue's jobs about 40 % are
// done by a real worker (every tenth of them fails), the others wait, are prioritized or delayed; a few queues are paused.
import { parseArgs } from 'node:util';
import { Queue, Worker } from 'bullmq';
import Redis from 'ioredis';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'redis://127.0.0.1:6379' },
    prefix: { type: 'string', default: 'bull' },
    queues: { type: 'string', default: '1002' },
    jobs: { type: 'string', default: '200000' },
  },
});
const { prefix } = values;
const [queueCount, jobCount] = [Number(values.queues), Number(values.jobs)];

const HOUR = 3_600_000;
const AT_ONCE = 8; // queues in work at the same time
const BULK = 1000;
const TEAMS = ['mail', 'billing', 'images', 'reports', 'search', 'webhooks', 'orders', 'stock'];

// A URL with a path to a socket is understood by ioredis without its scheme only.
const address = values.url.startsWith('unix://') ? new URL(values.url).pathname : values.url;
const open = () => new Redis(address, { maxRetriesPerRequest: null });
const shared = open();
shared.setMaxListeners(0);

const name = (i) => `${TEAMS[i % TEAMS.length]}.task-${String(i).padStart(4, '0')}`;
const data = (i) => ({
  number: i, to: `customer${i}@example.com`, amount: (i * 37) % 10_000, currency: 'EUR',
  items: [{ sku: `SKU-${i % 500}`, quantity: 1 + (i % 3) }], note: 'please ring twice, the bell is weak',
});

function optionsOf(i) {
  if (i % 10 === 4) return { priority: 1 + (i % 9) };
  if (i % 10 === 5) return { delay: HOUR + i * 10 };
  return {};
}

async function addAll(queue, from, to) {
  for (let at = from; at < to; at += BULK) {
    const size = Math.min(BULK, to - at);
    await queue.addBulk(
      Array.from({ length: size }, (_, i) => ({ name: 'task', data: data(at + i), opts: optionsOf(at + i) })),
    );
  }
}

async function process_(job) {
  if (job.data.number % 5 === 0) await job.log(`charged ${job.data.amount} EUR`);
  if (job.data.amount % 10 === 0) throw new Error(`connect ETIMEDOUT 10.0.${job.data.amount % 256}.7:443`);
  return { ok: true };
}

// The jobs to be done are added first and done by a worker; then come those that stay.
async function fillQueue(queue, jobs) {
  const toDo = Math.floor(jobs * 0.4);
  const doable = Array.from({ length: toDo }, (_, i) => ({ name: 'task', data: data(i) }));
  for (let at = 0; at < toDo; at += BULK) await queue.addBulk(doable.slice(at, at + BULK));
  if (toDo) {
    const worker = new Worker(queue.name, process_, { connection: shared, prefix, concurrency: 50 });
    await new Promise((resolve, reject) => {
      let left = toDo;
      const one = () => --left || resolve();
      worker.on('completed', one).on('failed', one).on('error', reject);
    });
    await worker.close();
  }
  await addAll(queue, toDo, jobs);
}

const started = performance.now();
const small = Math.max(0, queueCount - 2);
const shareOfSmall = small ? Math.floor(jobCount / 2 / small) : 0;
const big = queueCount - small;
const shareOfBig = Math.floor((jobCount - small * shareOfSmall) / big);
const plan = Array.from({ length: queueCount }, (_, i) => [name(i), i < small ? shareOfSmall : shareOfBig]);
plan.at(-1)[1] += jobCount - small * shareOfSmall - big * shareOfBig;

const tasks = plan.map(([queueName, jobs], i) => async () => {
  const queue = new Queue(queueName, { connection: shared, prefix });
  await fillQueue(queue, jobs);
  if (i % 100 === 50) await queue.pause();
});
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let task = tasks.pop(); task; task = tasks.pop()) await task();
  }),
);

const keys = await shared.dbsize();
const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
console.log(JSON.stringify({ queues: queueCount, jobs: jobCount, keys, seconds }));
process.exit(0);
