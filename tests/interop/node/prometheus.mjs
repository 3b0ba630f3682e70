// Fills a server with jobs in every state and prints, as one JSON document, what the library itself exports of each queue
// for Prometheus: {NAME: text}.
//
//   node prometheus.mjs --lib 5|6 --url redis://127.0.0.1:6379 --prefix bull
import { connect, connectionOptions, fail, loadLibrary, printAndExit, readArguments } from './lib.mjs';

const ODD = 'say "hi" \\ to all\nof us';
const HOUR = 3_600_000;

try {
  const { lib, url, prefix } = readArguments();
  const { api } = loadLibrary(lib);
  const client = connect(url);
  const options = { connection: client, prefix };
  const names = ['mail', 'unmeasured', 'held', ODD];
  const queues = Object.fromEntries(names.map((name) => [name, new api.Queue(name, options)]));

  // Workers that keep metrics, workers that keep none, and jobs that end both ways.
  const ran = async (name, metrics) => {
    await queues[name].addBulk(['ok', 'ok', 'ok', 'bad', 'bad'].map((job) => ({ name: job, data: {} })));
    const work = async (job) => {
      if (job.name === 'bad') throw new Error('bad');
    };
    const worker = new api.Worker(name, work, { connection: connectionOptions(url), prefix, concurrency: 5, metrics });
    let left = 5;
    await new Promise((done) => {
      for (const event of ['completed', 'failed']) worker.on(event, () => (left -= 1) || done());
    });
    await worker.close();
  };
  await ran('mail', { maxDataPoints: 60 });
  await ran(ODD, { maxDataPoints: 60 });
  await ran('unmeasured', undefined);

  await queues.mail.addBulk([
    { name: 'later', data: {}, opts: { delay: HOUR } },
    ...[1, 2].map((priority) => ({ name: 'first', data: {}, opts: { priority } })),
    ...[1, 2, 3, 4].map(() => ({ name: 'plain', data: {} })),
  ]);
  const children = [{ name: 'child', queueName: 'unmeasured' }];
  await new api.FlowProducer(options).add({ name: 'parent', queueName: 'mail', children });
  const taker = new api.Worker('mail', null, { connection: connectionOptions(url), prefix, autorun: false });
  await taker.getNextJob('held', { block: false });
  await queues.held.addBulk([{ name: 'set aside', data: {} }]);
  await queues.held.pause();

  const told = await Promise.all(names.map((name) => queues[name].exportPrometheusMetrics()));
  printAndExit(JSON.stringify(Object.fromEntries(names.map((name, i) => [name, told[i]]))));
} catch (error) {
  fail(error);
}
