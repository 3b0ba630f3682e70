// What an operator can order of the library, by name. Each takes a queue, and `at` with what the order says.
const named = (act) => async (queue, at) => {
  const job = await queue.getJob(at.id);
  if (!job) throw new Error(`no job ${at.id}`);
  return act(job, at, queue);
};

// Without one a token of "0" says that the caller holds no lock.
const NOBODY = '0';

async function fail(job, { reason }) {
  const error = new Error(reason);
  error.name = 'UnrecoverableError'; // by hand: not to be tried again
  error.stack = '';
  await job.moveToFailed(error, NOBODY, false);
}

export const ACTS = {
  retry: named((job, { state = 'failed', opts = {} }) => job.retry(state, opts)),
  remove: named((job, { children = false }) => job.remove({ removeChildren: children })),
  promote: named((job) => job.promote()),
  priority: named((job, { priority, lifo = false }) => job.changePriority({ priority, lifo })),
  delay: named((job, { delay }) => job.changeDelay(delay)),
  data: named((job, { data }) => (job.updateData ? job.updateData(data) : job.update(data))),
  log: named((job, { line }) => job.log(line)),
  release: named((job, _, queue) =>
    job.moveToWait ? job.moveToWait(NOBODY) : queue.scripts.moveJobFromActiveToWait(job.id, NOBODY),
  ),
  fail: named(fail),
  removeChildren: named((job) => job.removeUnprocessedChildren()),
  add: async (queue, { name = 'ok', data = {}, opts = {} }) => (await queue.add(name, data, opts)).id,
  addMany: async (queue, { jobs }) => (await queue.addBulk(jobs)).map((job) => job.id),
  flow: async (_, { tree }, desk) => void (await desk.flows().add(tree)),
  pause: (queue) => queue.pause(),
  resume: (queue) => queue.resume(),
  drain: (queue, { delayed = false }) => queue.drain(delayed),
  clean: (queue, { grace = 0, limit = 0, state }) => queue.clean(grace, limit, state),
  retryAll: (queue, { state = 'failed' }) => queue.retryJobs({ state }),
  promoteAll: (queue) => queue.promoteJobs(),
  obliterate: (queue, { force = false }) => queue.obliterate({ force }),
  concurrency: (queue, { n }) => (n === null ? queue.removeGlobalConcurrency() : queue.setGlobalConcurrency(n)),
  limit: (queue, { max, ms }) => (max === null ? queue.removeGlobalRateLimit() : queue.setGlobalRateLimit(max, ms)),
  clearLimit: (queue) => queue.removeRateLimitKey(),
  removeDedup: (queue, { id }) => queue.removeDeduplicationKey(id),
  trim: (queue, { keep }) => queue.trimEvents(keep),
  unschedule: (queue, { id }) => queue.removeJobScheduler(id),
  unrepeat: (queue, { id }) => queue.removeRepeatableByKey(id),
  schedule: async (queue, { id, repeat, template }) => (await queue.upsertJobScheduler(id, repeat, template)).id,
};
