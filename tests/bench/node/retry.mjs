// How long the Node library takes to retry all failed jobs of a queue; prints {"seconds", "left"}.
//
//   node retry.mjs --url redis://127.0.0.1:6379 --prefix bull --name QUEUE
import { parseArgs } from 'node:util';
import { Queue } from 'bullmq';
import Redis from 'ioredis';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'redis://127.0.0.1:6379' },
    prefix: { type: 'string', default: 'bull' },
    name: { type: 'string' },
  },
});
const address = values.url.startsWith('unix://') ? new URL(values.url).pathname : values.url;
const connection = new Redis(address, { maxRetriesPerRequest: null });
const queue = new Queue(values.name, { connection, prefix: values.prefix });
await queue.waitUntilReady();
const started = performance.now();
await queue.retryJobs({ state: 'failed' });
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, left: await queue.getFailedCount() }));
process.exit(0);
