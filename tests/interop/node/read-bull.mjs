import { inBatches } from './lib.mjs';

export function openBull(library, client, prefix, name) {
  return new library.api(name, { prefix, createClient: () => client });
}

const STATES = ['waiting', 'active', 'completed', 'failed', 'delayed', 'paused'];

async function readJob(queue, id) {
  const job = await queue.getJob(id);
  if (!job) return null;
  const [state, logs] = await Promise.all([job.getState(), queue.getJobLogs(id)]);
  return { json: job, state, logs };
}

export async function readBull(library, queue, { idsOnly }) {
  const counts = await queue.getJobCounts(...STATES);
  const order = {};
  for (const state of STATES) {
    const [asc, desc] = await Promise.all([true, false].map((up) => queue.getRanges([state], 0, -1, up)));
    order[state] = { asc, desc };
  }
  const ids = [...new Set(Object.values(order).flatMap(({ asc }) => asc))];
  const jobs = idsOnly ? [] : await inBatches(ids, 500, (id) => readJob(queue, id));
  return {
    counts,
    paused: await queue.isPaused(),
    meta: null,
    globalConcurrency: null,
    globalRateLimit: null,
    rateLimitTtl: null,
    order,
    missing: idsOnly ? null : ids.filter((_, i) => !jobs[i]),
    jobs: idsOnly ? null : Object.fromEntries(ids.map((id, i) => [id, jobs[i]]).filter(([, job]) => job)),
    schedulers: null,
    repeatables: await queue.getRepeatableJobs(0, -1, true),
    workers: await queue.getWorkers(),
    metrics: { completed: await queue.getMetrics('completed'), failed: await queue.getMetrics('failed') },
  };
}
