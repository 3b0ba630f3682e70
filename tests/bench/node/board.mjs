// bull-board as people run it: an adapter and a Queue, with its own connection, for every queue of the prefix.
//
//   node board.mjs --url redis://127.0.0.1:6379 --prefix bull [--port 0]
//
// Prints {"ready": true, "port": ..., "queues": ..., "seconds": ...} and serves until standard input closes or SIGTERM
// comes. What its page asks for at every refresh is GET /api/queues.
import { parseArgs } from 'node:util';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { Queue } from 'bullmq';
import express from 'express';
import Redis from 'ioredis';

const leave = () => process.exit(0);
process.on('SIGTERM', leave);
process.on('SIGINT', leave);
process.stdin.on('end', leave).on('error', leave).resume();

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'redis://127.0.0.1:6379' },
    prefix: { type: 'string', default: 'bull' },
    port: { type: 'string', default: '0' },
  },
});
const { url, prefix } = values;

async function queueNames() {
  const client = new Redis(url);
  const names = [];
  for await (const keys of client.scanStream({ match: `${prefix}:*:meta`, count: 5000 })) {
    names.push(...keys.map((key) => key.slice(prefix.length + 1, -':meta'.length)));
  }
  client.disconnect();
  return [...new Set(names)].sort();
}

const started = performance.now();
const queues = (await queueNames()).map((name) => new Queue(name, { connection: { url }, prefix }));
await Promise.all(queues.map((queue) => queue.waitUntilReady()));

const serverAdapter = new ExpressAdapter();
createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue)), serverAdapter });
const app = express();
app.use('/', serverAdapter.getRouter());
const server = app.listen(Number(values.port), '127.0.0.1', () => {
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  console.log(JSON.stringify({ ready: true, port: server.address().port, queues: queues.length, seconds }));
});
