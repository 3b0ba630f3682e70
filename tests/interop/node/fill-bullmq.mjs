// The scenario by BullMQ 3 to 6: one function a queue; each answers with the counts that its queue must end with.
import { connect, connectionOptions } from './lib.mjs';
import {
  COLON_IDS, CUSTOM_IDS, FAILURE_NAMES, HOUR, LOCK, PAYLOADS, PROGRESS_NAMES, RESULT_NAMES, SUFFIX_IDS,
  inThePast, numbers, processor, settled,
} from './stage.mjs';

const process_ = processor((job, progress) => job.updateProgress(progress));

class Stage {
  constructor(library, url, prefix) {
    Object.assign(this, { library, url, prefix, major: library.major });
    this.client = connect(url);
    this.queues = new Map();
  }

  queue(name) {
    const { Queue } = this.library.api;
    if (!this.queues.has(name)) {
      this.queues.set(name, new Queue(name, { connection: this.client, prefix: this.prefix }));
    }
    return this.queues.get(name);
  }

  // Renewing a lock is half its length away and the stalled check would only add noise: nothing moves by itself.
  worker(name, options = {}) {
    const { Worker } = this.library.api;
    const worker = new Worker(name, process_, {
      connection: connectionOptions(this.url),
      prefix: this.prefix,
      lockDuration: LOCK,
      ...options,
    });
    worker.on('error', (error) => console.error(`${name}: ${error.message}`));
    return worker;
  }

  flows() {
    return new this.library.api.FlowProducer({ connection: this.client, prefix: this.prefix });
  }

  settled(name, counts) {
    return settled(this.client, `${this.prefix}:${name}`, counts);
  }

  // A worker for the time that it takes to reach `counts`.
  async work(name, counts, options) {
    const worker = this.worker(name, options);
    await this.settled(name, counts);
    await worker.close();
  }

  // Version 3 keeps prioritized jobs among the waiting ones.
  waiting(count, prioritized) {
    return this.major >= 4 ? { waiting: count, prioritized } : { waiting: count + prioritized };
  }
}

const oks = (count, name = 'ok') => numbers(count, (i) => ({ name, data: { n: i, to: `user${i}@example.com` } }));

async function orders(stage) {
  const queue = stage.queue('orders');
  await queue.addBulk(oks(12));
  for (const name of FAILURE_NAMES) await queue.add(name, { name });
  await queue.add('fail-plain', { tries: 3 }, { attempts: 3, backoff: { type: 'fixed', delay: 5 } });
  await queue.add('fail-subclass', { tries: 4 }, { attempts: 4, stackTraceLimit: 2 });
  await queue.add('fail-type', { retry: 'in an hour' }, { attempts: 5, backoff: { type: 'fixed', delay: HOUR } });
  await queue.add('fail-plain', { retry: 'later' }, { attempts: 5, backoff: { type: 'exponential', delay: HOUR } });
  const failed = FAILURE_NAMES.length + 2;
  await stage.work('orders', { completed: 12, failed, delayed: 2 });

  await queue.addBulk(numbers(3, (i) => ({ name: `hold-${i}`, data: { n: i } })));
  stage.worker('orders', { name: 'till', concurrency: 3 });
  await stage.settled('orders', { completed: 12, failed, delayed: 2, active: 3 });

  await queue.addBulk(oks(5, 'later'));
  await queue.add('lifo', { first: true }, { lifo: true });
  for (const priority of [10, 1, 5, 1, 2_000_000, 5]) await queue.add('urgent', { priority }, { priority });
  for (const hours of [3, 1, 2]) await queue.add('reminder', { hours }, { delay: hours * HOUR });
  await queue.add('reminder', { urgent: true }, { delay: HOUR, priority: 7 });
  return { completed: 12, failed, delayed: 6, active: 3, ...stage.waiting(6, 6) };
}

async function bulk(stage) {
  const queue = stage.queue('bulk');
  await queue.addBulk([...oks(120), ...numbers(110, (i) => ({ name: 'fail-plain', data: { n: i } }))]);
  await stage.work('bulk', { completed: 120, failed: 110 }, { concurrency: 8 });
  await queue.addBulk(oks(130));
  await queue.addBulk(numbers(130, (i) => ({ name: 'ok', data: i, opts: { priority: 1 + (i % 7) } })));
  await queue.addBulk(numbers(130, (i) => ({ name: 'ok', data: i, opts: { delay: HOUR + (i % 5) * 1000 } })));
  return { completed: 120, failed: 110, delayed: 130, ...stage.waiting(130, 130) };
}

async function payloads(stage) {
  const queue = stage.queue('payloads');
  const names = [...RESULT_NAMES, ...PROGRESS_NAMES, 'chatty'];
  await queue.addBulk([
    ...names.map((name) => ({ name, data: { name } })),
    { name: 'chatty', data: { keep: 5 }, opts: { keepLogs: 5 } },
    ...PAYLOADS.map((data) => ({ name: 'payload', data, opts: { timestamp: Date.now() - 48 * HOUR } })),
  ]);
  const completed = names.length + 1 + PAYLOADS.length;
  await stage.work('payloads', { completed });
  await queue.addBulk(PAYLOADS.map((data) => ({ name: 'payload', data })));
  await queue.addBulk([
    { name: 'ünïcode 🐂 name', data: {} },
    { name: 'n'.repeat(500), data: {} },
    { name: 'options', data: {}, opts: { removeOnComplete: { age: 3600, count: 10 }, removeOnFail: 5, sizeLimit: 9000 } },
    { name: 'options', data: {}, opts: { attempts: 9, backoff: 1500, lifo: true, unknownOption: [1], emptyList: [] } },
  ]);
  return { completed, waiting: PAYLOADS.length + 4 };
}

async function ids(stage) {
  const queue = stage.queue('ids');
  const colons = stage.major >= 5 ? COLON_IDS.modern : COLON_IDS.old;
  const add = (jobId, opts) => queue.add('named', { jobId }, { jobId, ...opts });
  for (const id of [...CUSTOM_IDS, ...colons]) await add(`${id}`);
  await stage.worker('ids').waitUntilReady();
  const completed = CUSTOM_IDS.length + colons.length;
  await stage.settled('ids', { completed });
  await queue.pause();
  for (const id of SUFFIX_IDS) await add(id);
  for (const id of CUSTOM_IDS) await add(`${id}~`, { delay: HOUR });
  const [first, second] = [await queue.getJob(CUSTOM_IDS[1]), await queue.getJob(colons[0])];
  for (const job of [first, second]) await job.log(`a line of ${job.id}`);
  return { completed, waiting: SUFFIX_IDS.length, delayed: CUSTOM_IDS.length };
}

// Parents of every fate. What may be said of a failing child differs by version.
async function flows(stage) {
  const { major } = stage;
  const flow = stage.flows();
  const child = (name, opts = {}, queueName = 'shipments') => ({ name, queueName, data: { child: name }, opts });
  const pending = () => child('pending', { delay: HOUR });
  const trees = {
    half: [child('ok'), child('ok'), pending()],
    untouched: [child('ok', {}, 'labels'), child('ok', { priority: 3 }, 'labels')],
    nested: [{ ...child('inner'), children: [child('ok', {}, 'labels'), child('ok')] }],
    done: [child('ok'), child('gives-array')],
    'child-failed': [child('fail-plain')],
    'fails-with-child': [child('fail-subclass', { failParentOnFailure: true }), child('ok')],
  };
  if (major >= 4) trees.forgets = [child('fail-plain', { removeDependencyOnFailure: true }), pending()];
  if (major >= 5) {
    trees.ignores = [child('fail-plain', { ignoreDependencyOnFailure: true }), child('ok'), pending()];
    trees.continues = [child('fail-plain', { continueParentOnFailure: true })];
    trees['continues-too-early'] = [child('fail-plain', { continueParentOnFailure: true }), pending()]; // fails for it
  }
  for (const [name, children] of Object.entries(trees)) {
    await flow.add({ name, queueName: 'flows', data: { flow: name }, opts: { jobId: name }, children });
  }
  await flow.add({ name: 'unnamed', queueName: 'flows', data: {}, opts: { priority: 4 }, children: [pending()] });
  stage.worker('shipments', { concurrency: 1 });
  stage.worker('flows', { name: 'packer' });

  const parents = { completed: 1, failed: 1, 'waiting-children': 5 };
  const children = { completed: 6, failed: 2, delayed: 2, 'waiting-children': 1 };
  if (major >= 4) {
    parents['waiting-children'] += 1;
    children.failed += 1;
    children.delayed += 1;
  }
  if (major >= 5) {
    parents['waiting-children'] += 1;
    parents.completed += 1;
    parents.failed += 1;
    children.failed += 3;
    children.completed += 1;
    children.delayed += 2;
  }
  await stage.settled('flows', parents);
  await stage.settled('shipments', children);
  return { flows: parents, shipments: children, labels: stage.waiting(2, 1) };
}

async function pausedWithJobs(stage) {
  const queue = stage.queue('mail');
  await queue.addBulk(oks(4));
  await queue.pause();
  await queue.addBulk(oks(2, 'while-paused'));
  return { waiting: 6 };
}

async function pausedOtherwise(stage) {
  const queue = stage.queue('reports');
  await queue.pause();
  for (const priority of [9, 2, 4]) await queue.add('report', { priority }, { priority });
  await queue.addBulk(numbers(2, (i) => ({ name: 'report', data: { i }, opts: { delay: (i + 1) * HOUR } })));
  return { delayed: 2, ...stage.waiting(0, 3) };
}

// Versions 3 and 4 leave a marker of the delayed job at the end of `wait` that is next to run. It is no job.
async function marked(stage) {
  const queue = stage.queue('marked');
  await queue.add('reminder', {}, { delay: HOUR });
  await queue.addBulk(oks(3));
  return { waiting: 3, delayed: 1 };
}

async function empty(stage) {
  await stage.queue('empty').waitUntilReady();
  return {};
}

// Without the name of its library's version: no Queue object ever existed. Of such a queue versions 3 and 4 leave nothing
// but the throttle of the stalled check, which is gone after thirty seconds.
async function workerOnly(stage) {
  if (stage.major < 5) return null;
  await stage.worker('worker-only').waitUntilReady();
  return {};
}

// The first two of the window run; the limiter then holds the others back for ten minutes.
async function rateLimited(stage) {
  await stage.queue('payments').addBulk(oks(5));
  stage.worker('payments', { limiter: { max: 2, duration: LOCK } });
  return { completed: 2, waiting: 3 };
}

async function globalLimits(stage) {
  const queue = stage.queue('images');
  if (stage.major >= 5) {
    await queue.setGlobalConcurrency(2);
    await queue.setGlobalRateLimit(100, LOCK);
  }
  await queue.addBulk(numbers(5, (i) => ({ name: `hold-${i}`, data: { i } })));
  stage.worker('images', { name: 'gpu', concurrency: stage.major >= 5 ? 5 : 2 });
  return { active: 2, waiting: 3 };
}

// Nothing is kept but the numbers.
async function metrics(stage) {
  const queue = stage.queue('cleanup');
  let finished = 0;
  const worker = stage.worker('cleanup', { metrics: { maxDataPoints: 60 } });
  for (const event of ['completed', 'failed']) worker.on(event, () => finished++);
  await worker.waitUntilReady();
  let added = 0;
  for (const [minutes, count] of [[9, 5], [8, 3], [5, 7], [0, 2]]) {
    await inThePast(minutes, async () => {
      const opts = { removeOnComplete: true, removeOnFail: true };
      const jobs = [...oks(count), { name: 'fail-plain', data: {} }];
      await queue.addBulk(jobs.map((job) => ({ ...job, opts })));
      added += jobs.length;
      await stage.settled('cleanup', {});
      while (finished < added) await new Promise((resolve) => setTimeout(resolve, 5));
    });
  }
  return {};
}

// No worker: the armed runs stay where they are.
async function schedulers(stage) {
  const queue = stage.queue('schedules');
  if (stage.major < 5) {
    await queue.add('heartbeat', { every: 'hour' }, { repeat: { every: HOUR } });
    await queue.add('nightly', { n: 1 }, { repeat: { pattern: '15 3 * * *', tz: 'Europe/Berlin', limit: 10 } });
    await queue.add('yearly', {}, { repeat: { pattern: '0 0 1 1 *', endDate: '2100-01-01' }, jobId: 'custom' });
    return { delayed: 3 };
  }
  await queue.upsertJobScheduler('heartbeat', { every: HOUR }, { name: 'beat', data: { every: 'hour' }, opts: { attempts: 3 } });
  await queue.upsertJobScheduler(
    'nightly',
    { pattern: '15 3 * * *', tz: 'Europe/Berlin', limit: 10, endDate: new Date('2100-01-01') },
    { name: 'night', data: { list: [1, 2], text: 'ü' }, opts: { priority: 5, removeOnComplete: 10 } },
  );
  await queue.upsertJobScheduler('yearly', { pattern: '0 0 1 1 *' });
  await queue.upsertJobScheduler('with space ü', { every: 7 * HOUR, offset: 1000, startDate: Date.now() + 24 * HOUR });
  return { waiting: 1, delayed: 3 };
}

// The same with a worker: first runs are done, the next ones are armed. Repeatables of the old kind stand beside.
async function runningSchedulers(stage) {
  const queue = stage.queue('heartbeats');
  stage.worker('heartbeats', { name: 'clock' });
  if (stage.major < 5) {
    await queue.add('beat', {}, { repeat: { every: HOUR, immediately: true } });
    return { completed: 1, delayed: 1 };
  }
  await queue.upsertJobScheduler('pulse', { every: HOUR }, { name: 'beat', data: { n: 1 } });
  await queue.upsertJobScheduler('breath', { every: 2 * HOUR });
  if (stage.major >= 6) return { completed: 2, delayed: 2 };
  await queue.add('old-kind', { old: true }, { repeat: { pattern: '0 5 * * *' } });
  return { completed: 2, delayed: 3 };
}

async function deduplicated(stage) {
  if (stage.major < 5) return null;
  const queue = stage.queue('dedup');
  const add = (deduplication, opts) => queue.add('sync', { of: deduplication.id }, { deduplication, ...opts });
  await queue.add('hold-sync', {}, { deduplication: { id: 'busy', keepLastIfActive: true } });
  stage.worker('dedup', { name: 'sync:er' });
  await stage.settled('dedup', { active: 1 });
  await queue.add('sync', { next: true }, { deduplication: { id: 'busy', keepLastIfActive: true } });
  for (let i = 0; i < 3; i++) await add({ id: 'simple' });
  for (let i = 0; i < 2; i++) await add({ id: 'window', ttl: LOCK });
  for (let i = 0; i < 2; i++) await add({ id: 'debounce', ttl: LOCK, extend: true, replace: true }, { delay: HOUR });
  return { active: 1, waiting: 2, delayed: 1 };
}

async function oddName(stage, name) {
  const queue = stage.queue(name);
  await queue.addBulk([...oks(2), { name: 'fail-plain', data: {} }]);
  await stage.work(name, { completed: 2, failed: 1 });
  await queue.add('last', {});
  await queue.add('urgent', {}, { priority: 2 });
  return { completed: 2, failed: 1, ...stage.waiting(1, 1) };
}

async function fleet(stage) {
  const queue = stage.queue('fleet');
  await queue.add('hold', { by: 'alpha' });
  stage.worker('fleet', { name: 'alpha' });
  await stage.settled('fleet', { active: 1 });
  stage.worker('fleet', { name: 'beta:1' });
  // The server refuses such a name for a connection: the worker works, and nobody can see it.
  if (stage.major >= 5) stage.worker('fleet', { name: 'gamma ü' });
  stage.worker('fleet');
  stage.worker('fleet');
  await new stage.library.api.QueueEvents('fleet', {
    connection: connectionOptions(stage.url),
    prefix: stage.prefix,
  }).waitUntilReady();
  return { active: 1 };
}

export const ODD_NAMES = ["rock 'n' roll 🎸", 'glob *[a-c]? \\'];
export const COLON_NAME = 'team:billing';

export async function fillBullMQ(library, url, prefix) {
  const stage = new Stage(library, url, prefix);
  const expected = { cleanup: await metrics(stage) }; // alone: it turns the clock of the process
  const scenes = {
    orders, bulk, payloads, ids, mail: pausedWithJobs, reports: pausedOtherwise, marked, empty,
    'worker-only': workerOnly, payments: rateLimited, images: globalLimits, schedules: schedulers, heartbeats: runningSchedulers,
    dedup: deduplicated, fleet,
  };
  const odd = library.major >= 5 ? ODD_NAMES : [...ODD_NAMES, COLON_NAME];
  await Promise.all([
    ...Object.entries(scenes).map(async ([name, scene]) => {
      const counts = await scene(stage);
      if (counts) expected[name] = counts;
    }),
    ...odd.map(async (name) => {
      expected[name] = await oddName(stage, name);
    }),
    (async () => Object.assign(expected, await flows(stage)))(),
  ]);
  for (const [name, counts] of Object.entries(expected)) expected[name] = await stage.settled(name, counts);
  return expected;
}
