// BullMQ on a Redis Cluster, line by line: a queue with jobs that fail at first, and a worker. Lives until its input ends.
// Arguments: the version of BullMQ, the prefix, then host:port of some nodes. Reads lines {"do": ...}, answers each by one.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const [version, prefix, ...nodes] = process.argv.slice(2);
const { Queue, Worker, FlowProducer } = require(`bullmq${version}`);
const { Cluster } = require('ioredis');

const places = nodes.map((node) => ({ host: node.split(':')[0], port: Number(node.split(':')[1]) }));
const connect = () => new Cluster(places, { redisOptions: { maxRetriesPerRequest: null } });
const connection = connect();
const queue = new Queue('mail', { connection, prefix });
const flows = new FlowProducer({ connection, prefix });
let worker;
let lenient = false;

const acts = {
  async add({ count, name }) {
    await queue.addBulk(Array.from({ length: count }, (_, n) => ({ name, data: { n } })));
  },
  async flow() {
    await flows.add({
      name: 'whole',
      queueName: 'orders',
      children: [{ name: 'part', queueName: 'mail' }],
    });
  },
  async work() {
    worker = new Worker(
      'mail',
      async (job) => {
        if (job.name === 'bad' && !lenient) throw new Error('boom');
        return 'done';
      },
      { connection: connect(), prefix, name: 'one', concurrency: 5 },
    );
    await worker.waitUntilReady();
  },
  async lenient() {
    lenient = true;
  },
  async counts() {
    return queue.getJobCounts();
  },
};

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  try {
    console.log(JSON.stringify({ answer: (await acts[asked.do](asked)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
process.exit(0);
