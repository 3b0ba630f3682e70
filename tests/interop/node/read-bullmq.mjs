import { inBatches } from './lib.mjs';

export function openBullMQ(library, client, prefix, name) {
  return new library.api.Queue(name, { connection: client, prefix, skipMetasUpdate: true });
}

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

async function readJob(major, queue, id) {
  const job = await queue.getJob(id);
  if (!job) return null;
  const [state, logs, count] = await Promise.all([job.getState(), queue.getJobLogs(id), job.getDependenciesCount()]);
  const isParent = sum(count) > 0;
  return {
    json: job,
    state,
    logs,
    dependenciesCount: isParent ? count : null,
    dependencies: isParent ? await job.getDependencies() : null,
    childrenValues: isParent ? await job.getChildrenValues() : null,
    failedChildren: isParent && major >= 5 ? await job.getIgnoredChildrenFailures() : null,
  };
}

async function readOrder(queue, states) {
  const order = {};
  for (const state of states) {
    const types = queue.sanitizeJobTypes([state]); // as getJobs does
    const [asc, desc] = await Promise.all([true, false].map((up) => queue.getRanges(types, 0, -1, up)));
    order[state] = { asc, desc };
  }
  return order;
}

export async function readBullMQ({ major }, queue, { idsOnly }) {
  await queue.waitUntilReady();
  const counts = await queue.getJobCounts();
  const order = await readOrder(queue, Object.keys(counts));
  const ids = [...new Set(Object.values(order).flatMap(({ asc }) => asc))];
  const jobs = idsOnly ? [] : await inBatches(ids, 500, (id) => readJob(major, queue, id));
  return {
    counts,
    paused: await queue.isPaused(),
    meta: major >= 5 ? await queue.getMeta() : null,
    globalConcurrency: major >= 5 ? await queue.getGlobalConcurrency() : null,
    globalRateLimit: major >= 5 ? await queue.getGlobalRateLimit() : null,
    rateLimitTtl: major >= 5 ? await queue.getRateLimitTtl() : null,
    order,
    missing: idsOnly ? null : ids.filter((_, i) => !jobs[i]),
    jobs: idsOnly ? null : Object.fromEntries(ids.map((id, i) => [id, jobs[i]]).filter(([, job]) => job)),
    schedulers: major >= 5 ? await queue.getJobSchedulers(0, -1, true) : null,
    repeatables: major <= 5 ? await queue.getRepeatableJobs(0, -1, true) : null,
    workers: await queue.getWorkers(),
    metrics: { completed: await queue.getMetrics('completed'), failed: await queue.getMetrics('failed') },
  };
}
