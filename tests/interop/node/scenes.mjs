// The starting states of the fidelity cases: each scene leaves queues in which every job has a name for what it is.
// Jobs are taken and finished by hand, one after the other, so that every order is known.
import { HOUR, LOCK, inThePast } from './stage.mjs';
import { TOKEN } from './desk.mjs';

class Scene {
  constructor(desk) {
    Object.assign(this, { desk, major: desk.major, queues: new Map() });
  }

  async queue(name) {
    if (!this.queues.has(name)) this.queues.set(name, await this.desk.producer(name));
    return this.queues.get(name);
  }

  // Bull has no addition under a name that is its id.
  async add(queueName, jobId, opts = {}, name = 'ok') {
    const queue = await this.queue(queueName);
    return queue.add(name, { of: jobId, list: [], path: 'a/b' }, { jobId, ...opts });
  }

  async finish(job, error) {
    if (error) await job.moveToFailed(new Error(error), TOKEN, false);
    else await job.moveToCompleted({ ok: true }, TOKEN, false);
  }

  // Added, taken, and failed as often as it takes.
  async failed(queueName, jobId, opts = {}, name = 'ok') {
    await this.add(queueName, jobId, opts, name);
    for (let tries = 0; tries < (opts.attempts ?? 1); tries++) await this.finish(await this.taken(queueName, jobId), 'boom');
  }

  async completed(queueName, jobId, opts = {}) {
    await this.add(queueName, jobId, opts);
    await this.finish(await this.taken(queueName, jobId));
  }

  async taken(queueName, jobId) {
    const job = await this.desk.take(queueName);
    if (job?.id !== jobId) throw new Error(`${jobId} should be next, not ${job?.id}`);
    return job;
  }

  // As the stalled check of a worker marks it.
  async held(queueName, jobId, opts = {}, name = 'ok') {
    await this.add(queueName, jobId, opts, name);
    const job = await this.taken(queueName, jobId);
    await this.desk.client.sadd(this.desk.key(queueName, 'stalled'), jobId);
    return job;
  }

  async stuck(queueName, jobId, opts = {}, name = 'ok') {
    await this.held(queueName, jobId, opts, name);
    await this.desk.client.del(this.desk.key(queueName, `${jobId}:lock`));
  }

  async logs(queueName, jobId) {
    const job = await (await this.queue(queueName)).getJob(jobId);
    for (const line of ['one', 'two']) await job.log(line);
  }
}

async function finished(scene) {
  await scene.failed('mail', 'broken');
  await scene.failed('mail', 'broken-urgent', { priority: 3 });
  await scene.failed('mail', 'broken-lifo', { lifo: true });
  await scene.failed('mail', 'broken-again', { attempts: 2 }, 'fails');
  await scene.completed('mail', 'done');
  await scene.completed('mail', 'done-urgent', { priority: 3 });
  await scene.completed('mail', 'done-lifo', { lifo: true });
  await scene.logs('mail', 'broken');
}

async function delayed(scene) {
  await scene.add('mail', 'hour', { delay: HOUR });
  await scene.add('mail', 'two-hours', { delay: 2 * HOUR });
  await scene.add('mail', 'hour-urgent', { delay: HOUR, priority: 4 });
  await scene.add('mail', 'hour-lifo', { delay: HOUR, lifo: true });
}

// Every state of a queue, nothing that belongs to anything else.
async function states(scene) {
  await finished(scene);
  await scene.held('mail', 'held');
  await scene.stuck('mail', 'stuck');
  await scene.stuck('mail', 'stuck-urgent', { priority: 6 });
  await scene.stuck('mail', 'stuck-again', { attempts: 3 }, 'fails');
  for (const id of ['first', 'second', 'third']) await scene.add('mail', id);
  await scene.add('mail', 'before', { lifo: true });
  await scene.add('mail', 'urgent-5', { priority: 5 });
  await scene.add('mail', 'urgent-2', { priority: 2 });
  await scene.add('mail', 'urgent-5b', { priority: 5 });
  await delayed(scene);
  await scene.logs('mail', 'first');
}

// The same without anything urgent, held or ahead of its time: what all libraries do to all jobs alike.
async function plain(scene) {
  for (const id of ['broken-1', 'broken-2', 'broken-3']) await scene.failed('mail', id);
  for (const id of ['done-1', 'done-2', 'done-3']) await scene.completed('mail', id);
  for (const id of ['first', 'second', 'third']) await scene.add('mail', id);
  await scene.logs('mail', 'broken-2');
}

// Some of everything that is three hours old, two hours old, and new.
async function aged(scene) {
  for (const [age, minutes] of [['old', 180], ['older', 240], ['aging', 120], ['new', 0]]) {
    await inThePast(minutes, async () => {
      await scene.failed('mail', `broken-${age}`);
      await scene.completed('mail', `done-${age}`);
    });
  }
  for (const [age, minutes] of [['old', 180], ['aging', 120], ['new', 0]]) {
    const timestamp = Date.now() - minutes * 60_000;
    await inThePast(minutes, () => scene.stuck('mail', `stuck-${age}`, { timestamp }));
    if (age === 'old') await inThePast(minutes, () => scene.held('mail', 'held-old', { timestamp }));
  }
  for (const [age, minutes] of [['old', 180], ['aging', 120], ['new', 0]]) {
    const timestamp = Date.now() - minutes * 60_000;
    await scene.add('mail', `waits-${age}`, { timestamp });
    await scene.add('mail', `urgent-${age}`, { timestamp, priority: 5 });
    await scene.add('mail', `delayed-${age}`, { timestamp, delay: 24 * HOUR });
  }
}

// Nothing waits: what is put there must wake a worker.
async function idle(scene) {
  await finished(scene);
  await delayed(scene);
}

async function quiet(scene) {
  await finished(scene);
}

// Jobs that no worker holds any more, with all that their end would bring about.
async function stuck(scene) {
  for (const id of ['older-1', 'older-2']) await scene.failed('mail', id);
  await scene.stuck('mail', 'stuck-gone', { removeOnFail: true });
  await scene.stuck('mail', 'stuck-few', { removeOnFail: 1 });
  await scene.stuck('mail', 'stuck-lifo', { lifo: true });
  if (scene.major < 5) return;
  await scene.stuck('mail', 'stuck-simple', { deduplication: { id: 'simple' } });
  await scene.stuck('mail', 'stuck-window', { deduplication: { id: 'window', ttl: LOCK } });
  const deduplication = { id: 'kept', keepLastIfActive: true };
  await scene.stuck('mail', 'stuck-kept', { deduplication });
  await scene.add('mail', 'kept-next', { deduplication, priority: 2 });
}

// Repeatables as they were before there were schedulers.
async function repeatables(scene) {
  const queue = await scene.queue('mail');
  await scene.add('mail', 'first');
  await queue.add('beat', {}, { repeat: { every: HOUR } });
  await queue.add('night', { n: 1 }, { repeat: { pattern: '15 3 1 1 *' }, priority: 3 });
}

// Ids as people make them.
export const ODD_IDS = ['x:y:z', '🐂-42', 'it\'s "quoted"', 'a*b?[c]\\', ' ', 'stalled-check-ü'];

async function odd(scene) {
  for (const id of ODD_IDS) await scene.failed('mail', id);
  for (const id of ODD_IDS) await scene.add('mail', `${id}${id === 'x:y:z' ? '' : '~'}later`, { delay: HOUR });
}

// What an operator of a mixed fleet works on: one of each, and nothing that runs.
async function fleet(scene) {
  await scene.failed('mail', 'broken');
  await scene.failed('mail', 'broken-urgent', { priority: 3 });
  for (const id of ['first', 'second', 'third']) await scene.add('mail', id);
  await scene.add('mail', 'urgent-5', { priority: 5 });
  await scene.add('mail', 'hour', { delay: HOUR });
  await scene.add('mail', 'hour-urgent', { delay: HOUR, priority: 4 });
}

async function limits(scene) {
  const queue = await scene.queue('mail');
  if (scene.major >= 5) {
    await queue.setGlobalConcurrency(1);
    await queue.setGlobalRateLimit(5, LOCK);
  }
  await scene.failed('mail', 'broken');
  await scene.held('mail', 'held');
  for (const id of ['first', 'second']) await scene.add('mail', id);
  await scene.desk.client.set(scene.desk.key('mail', 'limiter'), 3, 'PX', LOCK);
}

async function dedup(scene) {
  const add = (id, deduplication, opts = {}) => scene.add('mail', id, { deduplication, ...opts });
  await scene.held('mail', 'busy', { deduplication: { id: 'busy', keepLastIfActive: true } });
  await add('busy-next', { id: 'busy', keepLastIfActive: true });
  await scene.failed('mail', 'broken', { deduplication: { id: 'failed' } });
  await add('owner', { id: 'owner' });
  await add('windowed', { id: 'windowed', ttl: LOCK });
  await add('debounced', { id: 'debounced', ttl: LOCK, extend: true, replace: true }, { delay: HOUR });
}

// Between other jobs, since a drain that counts takes the wrong ones.
async function schedulers(scene) {
  const queue = await scene.queue('mail');
  const opts = { attempts: 2, removeOnComplete: true };
  if (scene.major < 5) {
    await queue.add('beat', {}, { repeat: { every: HOUR } });
    await queue.add('night', { n: 1 }, { repeat: { pattern: '15 3 1 1 *' } });
    for (const id of ['first', 'second']) await scene.add('mail', id);
    return;
  }
  await scene.add('mail', 'first');
  await queue.upsertJobScheduler('pulse', { every: HOUR }, { name: 'beat', data: { n: 1 }, opts });
  await scene.add('mail', 'second');
  await queue.upsertJobScheduler('nightly', { pattern: '15 3 1 1 *' }, { name: 'night', data: { list: [] }, opts: {} });
  await queue.upsertJobScheduler('urgent', { pattern: '15 4 1 1 *' }, { name: 'night', opts: { priority: 5 } });
  await scene.add('mail', 'hour', { delay: HOUR });
}

// Parents in `orders`, children in `parts`, and in `store` those that nobody touches. By their first letter.
async function flow(scene) {
  const { major } = scene;
  const child = (jobId, opts = {}, queueName = 'parts') => ({ name: 'ok', queueName, data: { child: jobId }, opts: { jobId, ...opts } });
  const trees = {
    waits: [child('w-delayed', { delay: HOUR }), child('w-done'), child('w-pending', {}, 'store'), child('w-held')],
    last: [child('l-only', { delay: HOUR })],
    near: [child('n-only', { delay: HOUR }, 'orders')],
    pair: [child('p-done'), child('p-failed')],
    jam: [child('j-stuck')],
    deep: [{ ...child('d-inner', {}, 'store'), children: [child('d-leaf', {}, 'store'), child('d-done')] }],
    through: [child('t-done')],
  };
  const parentOpts = { last: { priority: 7 } };
  if (major >= 4) {
    trees.forgets = [child('f-failed', { removeDependencyOnFailure: true }), child('f-pending', {}, 'store')];
    trees['jam-forgets'] = [child('jf-stuck', { removeDependencyOnFailure: true })];
    trees['jam-breaks'] = [child('jb-stuck', { failParentOnFailure: true }), child('jb-pending', {}, 'store')];
    trees.breaks = [child('b-failed', { failParentOnFailure: true }), child('b-pending', {}, 'store')];
  }
  if (major >= 5) {
    trees.ignores = [child('i-failed', { ignoreDependencyOnFailure: true }), child('i-pending', {}, 'store')];
    trees.continues = [child('c-failed', { continueParentOnFailure: true }), child('c-pending', {}, 'store')];
    trees['jam-ignores'] = [child('ji-stuck', { ignoreDependencyOnFailure: true })];
    trees['jam-continues'] = [child('jc-stuck', { continueParentOnFailure: true }), child('jc-pending', {}, 'store')];
  }
  for (const name of ['orders', 'parts', 'store']) await scene.queue(name);
  for (const [name, children] of Object.entries(trees)) {
    const opts = { jobId: name, ...parentOpts[name] };
    await scene.desk.flows().add({ name: 'ok', queueName: 'orders', data: { flow: name }, opts, children });
  }
  for (;;) {
    const job = await scene.desk.take('parts');
    if (!job) break;
    if (job.id.endsWith('-stuck')) {
      await scene.desk.client.sadd(scene.desk.key('parts', 'stalled'), job.id);
      await scene.desk.client.del(scene.desk.key('parts', `${job.id}:lock`));
    } else if (!job.id.endsWith('-held')) await scene.finish(job, job.id.endsWith('-failed') ? 'boom' : '');
  }
}

const SCENES = { states, plain, stuck, repeatables, odd, aged, idle, quiet, fleet, limits, dedup, schedulers, flow };

export async function prepare(desk, name, paused) {
  const scene = new Scene(desk);
  await SCENES[name](scene);
  if (paused) {
    for (const queue of scene.queues.values()) await queue.pause();
    if (scene.queues.has('mail')) {
      await scene.add('mail', 'late');
      await scene.add('mail', 'late-urgent', { priority: 5 });
    }
  }
  return [...scene.queues.keys()];
}
