// One database of the server, with all that a test wants the library to do on it: queues to act on, jobs taken by hand,
// and workers that run everything to the end.
import { connect, connectionOptions } from './lib.mjs';
import { sleep } from './stage.mjs';

export const TOKEN = 'held';
const LONG = 600_000; // ms; nothing moves by itself while a test looks
const STALLED = 150; // ms without progress that end a run,
const LOOKS = 60; // and how many looks at least: on a busy machine those that work take as much longer as those that look

const isMarker = (id) => id.startsWith('0:');

export class Desk {
  constructor(library, url, prefix) {
    Object.assign(this, { library, url, prefix, major: library.major });
    this.client = connect(url);
    this.opened = new Map();
    this.takers = new Map();
    this.workers = new Map();
    this.runs = []; // [queue, id] of every job that a worker here began
  }

  key(queue, suffix) {
    return `${this.prefix}:${queue}:${suffix}`;
  }

  // As an operator's tool opens it: without a word in `meta`.
  queue(name) {
    return this.#once(this.opened, name, () => this.#open(name, { skipMetasUpdate: true }));
  }

  // As a service opens it: its version is written. Anew each time, since the data before is gone.
  async producer(name) {
    const queue = this.#open(name, {});
    await queue.waitUntilReady();
    while (!this.library.isBull && !(await this.client.hexists(this.key(name, 'meta'), 'version'))) await sleep(1);
    return queue;
  }

  #open(name, options) {
    const { api, isBull } = this.library;
    if (isBull) return new api(name, { prefix: this.prefix, createClient: () => this.client });
    return new api.Queue(name, { connection: this.client, prefix: this.prefix, ...options });
  }

  #once(map, name, make) {
    if (!map.has(name)) map.set(name, make());
    return map.get(name);
  }

  flows() {
    return new this.library.api.FlowProducer({ connection: this.client, prefix: this.prefix });
  }

  // The next job, taken as a worker takes it.
  async take(name) {
    const taker = this.#once(this.takers, name, () => this.#worker(name, null, { autorun: false }));
    for (let tries = 0; tries < 3; tries++) {
      const job = await taker.getNextJob(TOKEN, { block: false });
      if (job) return job; // a marker in the list answers with none
    }
    return null;
  }

  #worker(name, process, options) {
    const { api } = this.library;
    const worker = new api.Worker(name, process, {
      connection: connectionOptions(this.url),
      prefix: this.prefix,
      lockDuration: LONG,
      ...options,
    });
    worker.on('error', (error) => console.error(`${name}: ${error.message}`));
    return worker;
  }

  // A worker from now on. Jobs named `fails...` fail, all others are completed after `ms`.
  async work(name, { ms = 0, concurrency = 1 } = {}) {
    const run = async (job) => {
      this.runs.push([name, job.id]);
      if (ms) await sleep(ms);
      if (job.name.startsWith('fails')) throw new Error(`${job.name} fails`);
      return { ok: true };
    };
    await this.client.set(this.key(name, 'stalled-check'), 'test', 'PX', LONG);
    const worker = this.#worker(name, run, { concurrency });
    this.workers.set(worker, name);
    await worker.waitUntilReady();
  }

  async stop() {
    const workers = [...this.workers.keys()];
    this.workers.clear();
    await Promise.all(workers.map((worker) => worker.close(true)));
    const runs = this.runs;
    this.runs = [];
    return runs;
  }

  // Of all queues at one instant: how many wait, and how many are active.
  async #left(names) {
    const lists = ['wait', 'paused', 'active'];
    const batch = this.client.multi();
    for (const name of names) {
      for (const list of lists) batch.lrange(this.key(name, list), 0, -1);
      batch.zcard(this.key(name, 'prioritized'));
    }
    const left = { waiting: 0, active: 0 };
    for (const [i, [error, found]] of (await batch.exec()).entries()) {
      if (error) throw error;
      const count = Array.isArray(found) ? found.filter((id) => !isMarker(id)).length : found;
      left[lists[i % 4] === 'active' ? 'active' : 'waiting'] += count;
    }
    return left;
  }

  // Waits until workers have nothing more to do: nothing waits, and what is active was so before them. Jobs go from one
  // state to the next in one step, so one look is enough.
  async quiet(names, held) {
    let before = '';
    let still = performance.now();
    let looks = 0;
    for (;;) {
      const left = await this.#left(names);
      if (!left.waiting && left.active <= held) return;
      const now = JSON.stringify([left, this.runs.length]);
      if (now !== before) [still, looks] = [performance.now(), 0];
      looks += 1;
      if (looks > LOOKS && performance.now() - still > STALLED) return;
      before = now;
      await sleep(2);
    }
  }

  // A worker with nothing to do takes the mark that wakes it: until then it is luck whether one that is stopped leaves it.
  async #unmarked(name) {
    const end = performance.now() + 2_000; // one that still has work to do never takes it
    while ((await this.client.zscore(this.key(name, 'marker'), '0')) !== null && performance.now() < end) await sleep(2);
  }

  // Resumes all queues and lets workers run everything that can run. The last queue goes first, and the others wait for
  // it: children before their parents, so that the end does not depend on who was faster.
  async finish(names) {
    for (const name of names) {
      if (await this.client.hexists(this.key(name, 'meta'), 'paused')) await this.queue(name).resume();
    }
    for (const name of [...names].reverse()) {
      const held = await this.client.llen(this.key(name, 'active'));
      await this.work(name);
      await this.quiet([name], held);
      await this.#unmarked(name);
    }
    return this.stop();
  }
}
