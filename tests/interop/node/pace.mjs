// Queues that go on, each in its own way, for as long as a test looks at how fast they are and what holds them up.
import { forever, sleep } from './stage.mjs';
import { connectionOptions } from './lib.mjs';

const LONG = 600_000; // ms
const bulk = (count) => Array.from({ length: count }, () => ({ name: 'ok', data: {} }));

class Pace {
  constructor(desk, name) {
    Object.assign(this, { desk, name, started: [], ended: [], added: [], timers: [], ms: 0 });
  }

  async open() {
    this.queue = await this.desk.producer(this.name);
    return this;
  }

  async add(count) {
    await this.queue.addBulk(bulk(count));
    for (let i = 0; i < count; i++) this.added.push(Date.now());
  }

  // A worker whose jobs take `this.ms`, which may change.
  async work(options = {}) {
    const run = async () => {
      this.started.push(Date.now());
      if (this.ms) await sleep(this.ms);
      this.ended.push(Date.now());
    };
    await this.worker(run, options);
  }

  async worker(run, options = {}) {
    const worker = new this.desk.library.api.Worker(this.name, run, {
      connection: connectionOptions(this.desk.url),
      prefix: this.desk.prefix,
      lockDuration: LONG,
      stalledInterval: LONG,
      ...options,
    });
    worker.on('error', () => {});
    this.desk.workers.set(worker, this.name);
    await worker.waitUntilReady();
  }

  // So many jobs every so many ms from now on.
  every(ms, count) {
    this.timers.push(setInterval(() => this.add(count).catch(() => {}), ms));
  }
}

const PACES = {
  async limited(pace) {
    await pace.queue.setGlobalRateLimit(25, 400);
    await pace.add(1000);
    await pace.work({ concurrency: 25 });
  },

  async 'limited-long'(pace) {
    await pace.queue.setGlobalRateLimit(5, LONG);
    await pace.add(20);
    await pace.work();
    while (pace.started.length < 5) await sleep(2);
  },

  async held(pace) {
    await pace.queue.setGlobalRateLimit(100, 1000);
    await pace.queue.rateLimit(LONG);
    await pace.add(5);
    await pace.work();
  },

  // A limit of the worker's own, that nobody else knows.
  async 'own-limit'(pace) {
    await pace.add(50);
    await pace.work({ limiter: { max: 1, duration: LONG } });
    while (pace.started.length < 1) await sleep(2);
  },

  async paused(pace) {
    await pace.work();
    await pace.queue.pause();
    await pace.add(5);
  },

  async 'no-workers'(pace) {
    await pace.add(5);
  },

  async saturated(pace) {
    await pace.queue.setGlobalConcurrency(2);
    await pace.add(1000);
    pace.ms = 25;
    await pace.work({ concurrency: 10 });
  },

  // No job may run.
  async shut(pace) {
    await pace.queue.setGlobalConcurrency(1);
    await pace.worker(forever, { concurrency: 5 });
    await pace.add(5);
  },

  async growing(pace) {
    pace.ms = 30;
    await pace.work();
    await pace.add(100);
    pace.every(100, 10);
  },

  async draining(pace) {
    pace.ms = 15;
    await pace.add(1000);
    await pace.work();
    pace.every(100, 1);
  },

  async starved(pace) {
    await pace.work({ concurrency: 5 });
    pace.every(40, 1);
  },

  async idle(pace) {
    await pace.work();
  },

  async slower(pace) {
    pace.ms = 10;
    await pace.add(1000);
    await pace.work({ concurrency: 2 });
  },
};

const running = new Map();

export async function pace(desk, name) {
  const one = await new Pace(desk, name).open();
  await PACES[name](one);
  running.set(`${desk.url} ${name}`, one);
}

// What the library's own workers and producers did so far, by their clock, and what the queue says of its limit.
export async function paced(desk, name, { ms } = {}) {
  const one = running.get(`${desk.url} ${name}`);
  if (ms) one.ms = ms;
  const { started, ended, added } = one;
  return { started, ended, added, ttl: await desk.client.pttl(desk.key(name, 'limiter')), now: Date.now() };
}

export function unpaced(desk) {
  for (const [key, one] of running) if (key.startsWith(`${desk.url} `)) one.timers.forEach(clearInterval);
}
