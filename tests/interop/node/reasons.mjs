// One scene for each reason why a job is where it is, on a queue of the scene's own name. Each answers with the id to
// ask about, and whatever else a test must know.
import { HOUR, forever, sleep } from './stage.mjs';
import { connectionOptions } from './lib.mjs';

const LONG = 600_000; // ms; no lock, window or check ends while a test looks
const boom = (text = 'boom') => async () => {
  throw new Error(text);
};

// Waits until a job is in a state. A worker that takes it needs a moment.
export async function settled(desk, name, id, state) {
  const queue = desk.queue(name);
  for (let tries = 0; tries < 2000; tries++) {
    if ((await queue.getJobState(id)) === state) return;
    await sleep(2);
  }
  throw new Error(`${name}/${id} never was ${state}, but ${await queue.getJobState(id)}`);
}

class Scene {
  constructor(desk, name) {
    Object.assign(this, { desk, name, api: desk.library.api });
  }

  async open() {
    this.queue = await this.desk.producer(this.name);
    return this;
  }

  // Under a name that is its id; `opts` may have another one.
  add(jobId, opts = {}, name = 'ok') {
    return this.queue.add(name, { of: jobId }, { jobId, ...opts });
  }

  async worker(run, { of = this.name, ...options } = {}) {
    const worker = new this.api.Worker(of, run, {
      connection: connectionOptions(this.desk.url),
      prefix: this.desk.prefix,
      lockDuration: LONG,
      stalledInterval: LONG,
      ...options,
    });
    worker.on('error', () => {});
    this.desk.workers.set(worker, of);
    await worker.waitUntilReady();
    return worker;
  }

  key(suffix, of = this.name) {
    return this.desk.key(of, suffix);
  }

  reach(id, state, of = this.name) {
    return settled(this.desk, of, id, state);
  }

  // A worker that runs a job without end.
  async busy(options = {}) {
    const worker = await this.worker(forever, options);
    await this.add('held');
    await this.reach('held', 'active');
    return worker;
  }

  async end(worker) {
    await worker.close(true);
    this.desk.workers.delete(worker);
  }

  flow(children, opts = {}) {
    const tree = children.map(([jobId, more = {}, queueName = `${this.name}-parts`]) => ({
      name: 'ok',
      queueName,
      data: {},
      opts: { jobId, ...more },
    }));
    return this.desk.flows().add({ name: 'ok', queueName: this.name, data: {}, opts: { jobId: 'parent', ...opts }, children: tree });
  }

  // Runs children, those named `bad...` to failure.
  parts(options = {}) {
    const run = async (job) => {
      if (job.id.startsWith('held')) return forever();
      if (job.id.startsWith('bad')) throw new Error('boom');
      return 1;
    };
    return this.worker(run, { of: `${this.name}-parts`, concurrency: 5, ...options });
  }
}

const REASONS = {
  async 'in-line'(scene) {
    await scene.busy();
    for (const id of ['a', 'b', 'c', 'd']) await scene.add(id);
    return 'c';
  },

  async 'in-line-lifo'(scene) {
    await scene.busy();
    for (const id of ['a', 'b']) await scene.add(id);
    for (const id of ['y', 'z']) await scene.add(id, { lifo: true });
    return 'a';
  },

  async moving(scene) {
    const jobs = Array.from({ length: 1500 }, (_, i) => ({ name: 'ok', data: {}, opts: { jobId: `job-${i}` } }));
    await scene.queue.addBulk(jobs);
    await scene.worker(() => sleep(10), { concurrency: 1 });
    await scene.reach('job-5', 'completed');
    return 'job-1499';
  },

  async 'next-in-line'(scene) {
    await scene.busy({ concurrency: 1 });
    await scene.add('next');
    return 'next';
  },

  async 'workers-stopped'(scene) {
    const worker = await scene.worker(async () => 1);
    await worker.pause();
    await scene.add('a');
    return 'a';
  },

  // Put into the list by another hand, without a word to the worker.
  async 'not-woken'(scene) {
    await scene.worker(async () => 1, { drainDelay: 30 });
    await scene.add('a', { delay: HOUR });
    await sleep(20); // the worker takes note of the delayed one
    await scene.desk.client.multi().zrem(scene.key('delayed'), 'a').lpush(scene.key('wait'), 'a').exec();
    return 'a';
  },

  async paused(scene) {
    await scene.busy();
    await scene.add('a');
    await scene.add('b');
    await scene.queue.pause();
    return 'b';
  },

  async 'paused-prioritized'(scene) {
    await scene.busy();
    await scene.add('a');
    await scene.queue.pause();
    await scene.add('late');
    await scene.add('urgent', { priority: 3 });
    return 'urgent';
  },

  async 'paused-without-workers'(scene) {
    await scene.add('a');
    await scene.queue.pause();
    return 'a';
  },

  async 'no-workers'(scene) {
    await scene.add('a');
    await scene.add('b');
    return 'b';
  },

  async 'worker-just-ended'(scene) {
    const worker = await scene.worker(async () => 1);
    await scene.end(worker);
    await scene.add('a');
    return 'a';
  },

  async 'global-concurrency'(scene) {
    await scene.queue.setGlobalConcurrency(1);
    await scene.busy({ concurrency: 5 });
    await scene.add('a');
    return 'a';
  },

  async 'below-global-concurrency'(scene) {
    await scene.queue.setGlobalConcurrency(5);
    await scene.busy({ concurrency: 1 });
    await scene.add('a');
    return 'a';
  },

  async 'rate-limited'(scene) {
    await scene.queue.setGlobalRateLimit(2, LONG);
    await scene.worker(async () => 1);
    for (const id of ['a', 'b', 'c', 'd']) await scene.add(id);
    await scene.reach('b', 'completed');
    return 'd';
  },

  async 'below-the-limit'(scene) {
    await scene.queue.setGlobalRateLimit(100, LONG);
    await scene.busy();
    await scene.add('a');
    return 'a';
  },

  async 'own-limit'(scene) {
    await scene.worker(async () => 1, { limiter: { max: 1, duration: LONG } });
    for (const id of ['a', 'b']) await scene.add(id);
    await scene.reach('a', 'completed');
    return 'b';
  },

  async 'own-limit-or-busy'(scene) {
    await scene.busy({ limiter: { max: 1000, duration: LONG } });
    await scene.add('a');
    return 'a';
  },

  async 'held-by-hand'(scene) {
    await scene.queue.setGlobalRateLimit(100, 1000);
    await scene.queue.rateLimit(LONG);
    await scene.worker(async () => 1);
    await scene.add('a');
    return 'a';
  },

  async delayed(scene) {
    await scene.worker(async () => 1);
    await scene.add('a', { delay: HOUR });
    return 'a';
  },

  async 'delayed-and-paused'(scene) {
    await scene.add('a', { delay: HOUR });
    await scene.queue.pause();
    return 'a';
  },

  async backoff(scene) {
    await scene.worker(boom());
    await scene.add('a', { attempts: 3, backoff: { type: 'fixed', delay: HOUR } });
    await scene.reach('a', 'delayed');
    return 'a';
  },

  // Failed once, and put off by its own code in the attempt after that.
  async 'put-off-after-a-failure'(scene) {
    const run = async (job, token) => {
      if (job.attemptsMade === 0) throw new Error('boom');
      await job.moveToDelayed(Date.now() + HOUR, token);
      throw new scene.api.DelayedError();
    };
    await scene.worker(run);
    await scene.add('a', { attempts: 3, backoff: { type: 'fixed', delay: 1 } });
    await scene.reach('a', 'delayed');
    for (let tries = 0; tries < 500; tries++) {
      const { attemptsStarted } = await scene.queue.getJob('a');
      if (attemptsStarted === 2 && (await scene.queue.getJobState('a')) === 'delayed') break;
      await sleep(5);
    }
    return 'a';
  },

  async 'put-off'(scene) {
    const run = async (job, token) => {
      await job.moveToDelayed(Date.now() + HOUR, token);
      throw new scene.api.DelayedError();
    };
    await scene.worker(run);
    await scene.add('a');
    await scene.reach('a', 'delayed');
    return 'a';
  },

  async scheduled(scene) {
    await scene.worker(async () => 1);
    await scene.queue.upsertJobScheduler('nightly', { every: HOUR, startDate: Date.now() + HOUR }, { name: 'night' });
    const [job] = await scene.queue.getDelayed();
    return job.id;
  },

  async overdue(scene) {
    await scene.add('a', { delay: 1 });
    await sleep(50);
    return 'a';
  },

  async 'overdue-busy'(scene) {
    await scene.busy();
    await scene.add('a', { delay: 1 });
    await sleep(50);
    return 'a';
  },

  // Workers that have a free place move it, though they may not run it.
  async 'due-at-global-concurrency'(scene) {
    await scene.queue.setGlobalConcurrency(1);
    await scene.busy({ concurrency: 5 });
    await scene.add('a', { delay: 100 });
    await scene.reach('a', 'waiting');
    return 'a';
  },

  // One place only: it is this that holds up the move, whatever else is full.
  async 'overdue-busy-at-global-concurrency'(scene) {
    await scene.queue.setGlobalConcurrency(1);
    await scene.busy();
    await scene.add('a', { delay: 1 });
    await sleep(50);
    return 'a';
  },

  // A worker that waits for the limit moves nothing.
  async 'overdue-rate-limited'(scene) {
    await scene.queue.setGlobalRateLimit(1, LONG);
    await scene.worker(async () => 1);
    for (const id of ['b', 'c']) await scene.add(id);
    await scene.reach('b', 'completed');
    await sleep(100);
    await scene.add('a', { delay: 1 });
    await sleep(50);
    return 'a';
  },

  // A parent whose own error reads as that of a child would.
  async 'child-process-failed'(scene) {
    await scene.worker(async () => 1, { of: `${scene.name}-parts` });
    await scene.worker(boom('child process failed'));
    await scene.flow([['ok-1']]);
    await scene.reach('parent', 'failed');
    return 'parent';
  },

  async priority(scene) {
    await scene.busy();
    await scene.add('none');
    for (const id of ['first', 'second']) await scene.add(id, { priority: 1 });
    await scene.add('before', { priority: 5 });
    await scene.add('asked', { priority: 5 });
    await scene.add('after', { priority: 9 });
    return 'asked';
  },

  async 'priority-first'(scene) {
    await scene.busy();
    await scene.add('asked', { priority: 5 });
    await scene.add('after', { priority: 9 });
    return 'asked';
  },

  async children(scene) {
    await scene.parts({ name: 'of-parts' });
    await scene.flow([['done-1'], ['done-2'], ['done-3'], ['held-1'], ['late', { delay: HOUR }]]);
    for (const id of ['done-1', 'done-2', 'done-3']) await scene.reach(id, 'completed', `${scene.name}-parts`);
    await scene.reach('held-1', 'active', `${scene.name}-parts`);
    return 'parent';
  },

  async 'failed-child-in-the-way'(scene) {
    await scene.parts();
    await scene.flow([['done-1'], ['bad-1']]);
    await scene.reach('done-1', 'completed', `${scene.name}-parts`);
    await scene.reach('bad-1', 'failed', `${scene.name}-parts`);
    return 'parent';
  },

  async 'ignored-child'(scene) {
    await scene.parts();
    await scene.flow([['bad-1', { ignoreDependencyOnFailure: true }], ['late', { delay: HOUR }]]);
    await scene.reach('bad-1', 'failed', `${scene.name}-parts`);
    return 'parent';
  },

  async 'child-gone'(scene) {
    await scene.flow([['late', { delay: HOUR }], ['gone', { delay: HOUR }]]);
    await scene.desk.client.del(scene.key('gone', `${scene.name}-parts`));
    return 'parent';
  },

  async 'parent-will-fail'(scene) {
    await scene.parts();
    await scene.flow([['bad-1', { failParentOnFailure: true }], ['late', { delay: HOUR }]]);
    await scene.reach('bad-1', 'failed', `${scene.name}-parts`);
    await scene.reach('parent', 'waiting');
    return 'parent';
  },

  async 'parent-failed'(scene) {
    await scene.parts();
    await scene.worker(async () => 1);
    await scene.flow([['bad-1', { failParentOnFailure: true }], ['late', { delay: HOUR }]]);
    await scene.reach('parent', 'failed');
    return 'parent';
  },

  async 'child-of-a-parent'(scene) {
    await scene.parts();
    await scene.flow([['late', { delay: HOUR }]]);
    return ['late', `${scene.name}-parts`];
  },

  async running(scene) {
    await scene.worker(async (job) => (job.id === 'held' ? forever() : sleep(20)), { name: 'alpha', concurrency: 2 });
    for (const id of ['a', 'b', 'c']) await scene.add(id);
    await scene.reach('c', 'completed');
    await scene.add('held');
    await scene.reach('held', 'active');
    return 'held';
  },

  async 'worker-died'(scene) {
    const worker = await scene.busy();
    await scene.end(worker);
    return 'held';
  },

  // The worker is gone, its lock too.
  async stalled(scene, { checked = false, connected = true, before = 0, ...opts } = {}) {
    const worker = await scene.busy({ lockDuration: 60 });
    await scene.end(worker);
    while (await scene.desk.client.exists(scene.key('held:lock'))) await sleep(5);
    if (before) await scene.desk.client.hset(scene.key('held'), 'stc', before);
    if (checked) await scene.desk.client.sadd(scene.key('stalled'), 'held');
    if (connected) await scene.worker(forever, { name: 'other' });
    return 'held';
  },

  'stalled-and-checked': (scene) => REASONS.stalled(scene, { checked: true }),
  'stalled-again': (scene) => REASONS.stalled(scene, { checked: true, before: 1 }),
  'stalled-without-workers': (scene) => REASONS.stalled(scene, { connected: false }),

  async 'stalled-too-often'(scene) {
    const worker = await scene.busy({ lockDuration: 60 });
    await scene.end(worker);
    while (await scene.desk.client.exists(scene.key('held:lock'))) await sleep(5);
    await scene.desk.client.sadd(scene.key('stalled'), 'held');
    await scene.desk.client.del(scene.key('stalled-check'));
    await scene.worker(async () => 1, { maxStalledCount: 0 });
    await scene.reach('held', 'failed');
    return 'held';
  },

  async 'attempts-exhausted'(scene) {
    await scene.worker(boom('ETIMEDOUT'));
    await scene.add('a', { attempts: 3, backoff: { type: 'fixed', delay: 1 } });
    await scene.reach('a', 'failed');
    return 'a';
  },

  async 'one-attempt'(scene) {
    await scene.worker(boom());
    await scene.add('a');
    await scene.reach('a', 'failed');
    return 'a';
  },

  async unrecoverable(scene) {
    await scene.worker(async () => {
      throw new scene.api.UnrecoverableError('no such card');
    });
    await scene.add('a', { attempts: 5 });
    await scene.reach('a', 'failed');
    return 'a';
  },

  async 'given-up'(scene) {
    await scene.worker(boom('odd'), { settings: { backoffStrategy: () => -1 } });
    await scene.add('a', { attempts: 5, backoff: { type: 'custom' } });
    await scene.reach('a', 'failed');
    return 'a';
  },

  async completed(scene) {
    await scene.worker(async () => ({ paid: true }));
    await scene.add('a', { removeOnComplete: { age: 3600, count: 100 } });
    await scene.reach('a', 'completed');
    return 'a';
  },

  async 'removed-on-complete'(scene) {
    await scene.worker(async () => 1);
    await scene.add('a', { removeOnComplete: true });
    await scene.reach('a', 'unknown');
    return 'a';
  },

  async 'removed-later'(scene) {
    await scene.worker(async () => 1);
    await scene.add('a');
    await scene.reach('a', 'completed');
    await scene.add('b', { removeOnComplete: 1 });
    await scene.reach('b', 'completed');
    return 'a';
  },

  async 'removed-on-fail'(scene) {
    await scene.worker(boom());
    await scene.add('a', { removeOnFail: true });
    await scene.reach('a', 'unknown');
    return 'a';
  },

  async cleaned(scene) {
    await scene.worker(async () => 1);
    await scene.add('a');
    await scene.reach('a', 'completed');
    await sleep(5);
    await scene.queue.clean(0, 100, 'completed');
    return 'a';
  },

  async 'removed-by-hand'(scene) {
    await (await scene.add('a')).remove();
    return 'a';
  },

  async drained(scene) {
    await scene.add('a');
    await scene.queue.drain();
    return 'a';
  },

  async deduplicated(scene) {
    await scene.add('owner', { delay: HOUR, deduplication: { id: 'one' } });
    await scene.add('copy', { deduplication: { id: 'one' } });
    return 'copy';
  },

  async 'deduplicated-by-number'(scene) {
    const deduplication = { id: 'one', ttl: LONG };
    await scene.queue.add('ok', {}, { delay: HOUR, deduplication });
    await scene.queue.add('ok', {}, { deduplication });
    return '2';
  },

  async 'deduplicated-and-replaced'(scene) {
    const deduplication = { id: 'one', ttl: LONG, extend: true, replace: true };
    await scene.add('before', { delay: HOUR, deduplication });
    await scene.add('after', { delay: HOUR, deduplication });
    return 'before';
  },

  async 'holds-deduplication'(scene) {
    await scene.add('owner', { delay: HOUR, deduplication: { id: 'one', ttl: LONG } });
    return 'owner';
  },

  async 'id-without-hash'(scene) {
    await scene.add('a');
    await scene.desk.client.del(scene.key('a'));
    return 'a';
  },

  // A worker takes what is gone, and leaves a rest of a hash behind.
  async 'id-with-a-rest'(scene) {
    await scene.add('a');
    await scene.desk.client.del(scene.key('a'));
    await scene.worker(forever);
    for (let tries = 0; tries < 1000 && !(await scene.desk.client.exists(scene.key('a'))); tries++) await sleep(2);
    return 'a';
  },

  async 'hash-in-no-state'(scene) {
    await scene.add('a');
    await scene.desk.client.del(scene.key('wait'));
    return 'a';
  },

  async 'never-added'(scene) {
    await scene.queue.add('ok', {});
    return '17';
  },

  async 'long-gone'(scene) {
    for (let i = 0; i < 3; i++) await scene.queue.add('ok', {});
    await (await scene.queue.getJob('2')).remove();
    await scene.queue.trimEvents(0);
    return '2';
  },

  async 'own-id-unknown'(scene) {
    await scene.add('a');
    return 'nobody';
  },

  async 'id-with-colons'(scene) {
    await scene.busy();
    await scene.add('x:y:z');
    return 'x:y:z';
  },

  // By a pause in the way of BullMQ 6, and a resume in the way of 5: what waited is thrown off its list.
  async 'lost-by-a-resume'(scene) {
    await scene.add('a');
    await scene.desk.client.hset(scene.key('meta'), 'paused', 1);
    await scene.add('b');
    await scene.queue.resume();
    return 'a';
  },

  // Much at once: every job fails once, and all move fast.
  async rush(scene) {
    const jobs = Array.from({ length: 1500 }, (_, i) => ({
      name: 'ok',
      data: {},
      opts: { jobId: `job-${i}`, attempts: 2, priority: i % 4, backoff: { type: 'fixed', delay: 5 } },
    }));
    await scene.queue.addBulk(jobs);
    const run = async (job) => {
      await sleep(Math.random() * 4);
      if (job.attemptsMade === 0) throw new Error('boom');
    };
    await scene.worker(run, { concurrency: 5 });
    return 'job-0';
  },

  async 'two-places'(scene) {
    await scene.add('a');
    await scene.desk.client.zadd(scene.key('failed'), Date.now(), 'a');
    return 'a';
  },
};

// Makes a scene; answers with the queue and the id to ask about.
export async function reason(desk, name) {
  const scene = await new Scene(desk, name).open();
  const asked = await REASONS[name](scene);
  return Array.isArray(asked) ? asked.reverse() : [name, asked];
}

// Lets the checks for stalled jobs of a queue run now and often, by a worker that runs what it gets.
export async function check(desk, name) {
  const scene = await new Scene(desk, name).open();
  for (const [worker, of] of [...desk.workers]) if (of === name) await scene.end(worker);
  await desk.client.del(scene.key('stalled-check'));
  await scene.worker(async () => 1, { stalledInterval: 50 });
}
