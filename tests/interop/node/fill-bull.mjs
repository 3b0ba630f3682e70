// The scenario by Bull 4: the states that it has, in the shape of the one for BullMQ.
import Redis from 'ioredis';
import { connect, connectionOptions } from './lib.mjs';
import {
  COLON_IDS, CUSTOM_IDS, FAILURE_NAMES, HOUR, LOCK, PAYLOADS, PROGRESS_NAMES, RESULT_NAMES,
  inThePast, numbers, processor, settled, sleep,
} from './stage.mjs';

const process_ = processor((job, progress) => job.progress(progress));

class Stage {
  constructor(library, url, prefix) {
    Object.assign(this, { Queue: library.api, url, prefix });
    this.client = connect(url);
    this.queues = new Map();
  }

  queue(name) {
    if (!this.queues.has(name)) this.queues.set(name, this.open(name));
    return this.queues.get(name);
  }

  // The client for commands may be shared, a blocking one may not.
  open(name, options = {}) {
    return new this.Queue(name, {
      prefix: this.prefix,
      createClient: (type) => (type === 'client' ? this.client : new Redis(connectionOptions(this.url))),
      settings: { lockDuration: LOCK },
      ...options,
    });
  }

  worker(name, { concurrency = 1, ...options } = {}) {
    const queue = this.open(name, options);
    queue.process('*', concurrency, process_);
    return queue;
  }

  settled(name, counts) {
    return settled(this.client, `${this.prefix}:${name}`, counts);
  }

  async work(name, counts, options) {
    const worker = this.worker(name, options);
    await this.settled(name, counts);
    await worker.pause(true, true);
    (await worker.bclient).disconnect(); // close() would take the shared client with it
  }
}

const oks = (count, name = 'ok') => numbers(count, (i) => ({ name, data: { n: i, to: `user${i}@example.com` } }));

async function orders(stage) {
  const queue = stage.queue('orders');
  await queue.addBulk(oks(12));
  for (const name of FAILURE_NAMES) await queue.add(name, { name });
  await queue.add('fail-plain', { tries: 3 }, { attempts: 3, backoff: { type: 'fixed', delay: 5 } });
  await queue.add('fail-subclass', { tries: 4 }, { attempts: 4, stackTraceLimit: 2 });
  await queue.add('fail-type', { retry: 'in an hour' }, { attempts: 5, backoff: HOUR });
  await queue.add('fail-plain', { retry: 'later' }, { attempts: 5, backoff: { type: 'exponential', delay: HOUR } });
  const failed = FAILURE_NAMES.length + 2;
  await stage.work('orders', { completed: 12, failed, delayed: 2 });

  await queue.addBulk(numbers(3, (i) => ({ name: `hold-${i}`, data: { n: i } })));
  stage.worker('orders', { concurrency: 3 });
  await stage.settled('orders', { completed: 12, failed, delayed: 2, active: 3 });

  await queue.addBulk(oks(5, 'later'));
  await queue.add({ nameless: true });
  await queue.add('lifo', { first: true }, { lifo: true });
  for (const priority of [10, 1, 5, 1, 2_000_000, 5]) await queue.add('urgent', { priority }, { priority });
  for (const hours of [3, 1, 2]) await queue.add('reminder', { hours }, { delay: hours * HOUR });
  await queue.add('reminder', { urgent: true }, { delay: HOUR, priority: 7 });
  return { completed: 12, failed, delayed: 6, active: 3, waiting: 13 };
}

async function bulk(stage) {
  const queue = stage.queue('bulk');
  await queue.addBulk([...oks(120), ...numbers(110, (i) => ({ name: 'fail-plain', data: { n: i } }))]);
  await stage.work('bulk', { completed: 120, failed: 110 }, { concurrency: 8 });
  await queue.addBulk(oks(130));
  await queue.addBulk(numbers(130, (i) => ({ name: 'ok', data: { i }, opts: { priority: 1 + (i % 7) } })));
  await queue.addBulk(numbers(130, (i) => ({ name: 'ok', data: { i }, opts: { delay: HOUR + (i % 5) * 1000 } })));
  return { completed: 120, failed: 110, delayed: 130, waiting: 260 };
}

async function payloads(stage) {
  const queue = stage.queue('payloads');
  const names = [...RESULT_NAMES, ...PROGRESS_NAMES, 'chatty'];
  await queue.addBulk(names.map((name) => ({ name, data: { name } })));
  await stage.work('payloads', { completed: names.length });
  await queue.addBulk(PAYLOADS.map((data) => ({ name: 'payload', data })));
  await queue.add('options', {}, { removeOnComplete: { age: 3600, count: 10 }, timeout: 5000, unknownOption: [1] });
  return { completed: names.length, waiting: PAYLOADS.length + 1 };
}

async function ids(stage) {
  const queue = stage.queue('ids');
  const all = [...CUSTOM_IDS, ...COLON_IDS.old];
  for (const jobId of all) await queue.add('named', { jobId }, { jobId });
  stage.worker('ids');
  await stage.settled('ids', { completed: all.length });
  await queue.pause();
  for (const id of CUSTOM_IDS) await queue.add('named', { id }, { jobId: `${id}~`, delay: HOUR });
  for (const id of ['lock', 'logs', 'groups']) await queue.add('named', { id }, { jobId: id });
  await (await queue.getJob(COLON_IDS.old[0])).log('a line of an id with a colon');
  return { completed: all.length, waiting: 3, delayed: CUSTOM_IDS.length };
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
  return { waiting: 3, delayed: 2 };
}

// Once paused and resumed: the library then leaves no `meta` behind at all.
async function resumed(stage) {
  const queue = stage.queue('resumed');
  await queue.pause();
  await queue.addBulk(oks(2));
  await queue.resume();
  return { waiting: 2 };
}

// Jobs that the limiter holds back are put off by the length of the window: they are delayed, not waiting.
async function rateLimited(stage) {
  await stage.queue('payments').addBulk(oks(5));
  stage.worker('payments', { limiter: { max: 2, duration: LOCK } });
  return { completed: 2, delayed: 3 };
}

async function metrics(stage) {
  const queue = stage.queue('cleanup');
  const worker = stage.worker('cleanup', { metrics: { maxDataPoints: 60 } });
  let finished = 0;
  for (const event of ['completed', 'failed']) worker.on(event, () => finished++);
  let added = 0;
  for (const [minutes, count] of [[9, 5], [8, 3], [5, 7], [0, 2]]) {
    await inThePast(minutes, async () => {
      const jobs = [...oks(count), { name: 'fail-plain', data: {} }];
      await queue.addBulk(jobs.map((job) => ({ ...job, opts: { removeOnComplete: true, removeOnFail: true } })));
      added += jobs.length;
      while (finished < added) await sleep(5);
    });
  }
  return {};
}

async function schedulers(stage) {
  const queue = stage.queue('schedules');
  await queue.add('heartbeat', { every: 'hour' }, { repeat: { every: HOUR } });
  await queue.add('nightly', { n: 1 }, { repeat: { cron: '15 3 * * *', tz: 'Europe/Berlin', limit: 10 } });
  await queue.add('yearly', {}, { repeat: { cron: '0 0 1 1 *', endDate: '2100-01-01' }, jobId: 'custom' });
  return { delayed: 3 };
}

async function deduplicated(stage) {
  const queue = stage.queue('dedup');
  for (let i = 0; i < 3; i++) await queue.add('sync', { i }, { debounce: { id: 'simple' } });
  for (let i = 0; i < 2; i++) await queue.add('sync', { i }, { debounce: { id: 'window', ttl: LOCK } });
  return { waiting: 2 };
}

async function oddName(stage, name) {
  const queue = stage.queue(name);
  await queue.addBulk([...oks(2), { name: 'fail-plain', data: {} }]);
  await stage.work(name, { completed: 2, failed: 1 });
  await queue.add('last', {});
  return { completed: 2, failed: 1, waiting: 1 };
}

async function fleet(stage) {
  await stage.queue('fleet').add('hold', {});
  stage.worker('fleet');
  await stage.settled('fleet', { active: 1 });
  stage.worker('fleet');
  return { active: 1 };
}

const ODD_NAMES = ["rock 'n' roll 🎸", 'glob *[a-c]? \\', 'team:billing'];

export async function fillBull(library, url, prefix) {
  const stage = new Stage(library, url, prefix);
  const expected = { cleanup: await metrics(stage) }; // alone: it turns the clock of the process
  const scenes = {
    orders, bulk, payloads, ids, mail: pausedWithJobs, reports: pausedOtherwise, resumed, payments: rateLimited,
    schedules: schedulers, dedup: deduplicated, fleet,
  };
  await Promise.all([
    ...Object.entries(scenes).map(async ([name, scene]) => {
      expected[name] = await scene(stage);
    }),
    ...ODD_NAMES.map(async (name) => {
      expected[name] = await oddName(stage, name);
    }),
  ]);
  for (const [name, counts] of Object.entries(expected)) expected[name] = await stage.settled(name, counts);
  return expected;
}
