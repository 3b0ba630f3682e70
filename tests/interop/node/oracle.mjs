// Prints, as one JSON document, what the real library itself says about queues.
//
//   node oracle.mjs --lib 3|4|5|6|bull4 --url URL --prefix P [--queue NAME ...] [--ids-only]
//
// Without --queue: all queues of the prefix that have a `meta`, `id` or `stalled-check` key. --ids-only leaves the jobs
// out: counts, orders and the properties of the queue remain (for large queues).
//
// {"lib", "version", "prefix", "queues": {NAME: {
//    counts              getJobCounts() of all types that this version knows
//    paused              isPaused()
//    meta                getMeta()                                                        5, 6 (null elsewhere)
//    globalConcurrency, globalRateLimit, rateLimitTtl                                     5, 6 (null elsewhere)
//    order: {STATE: {asc: [ids], desc: [ids]}}    the ids of getJobs([state], 0, -1, asc); up to 5, those of
//                        `waiting` include `paused`, though the count of `waiting` does not
//    missing: [ids]      ids of `order` of which the library finds no job: getJobs leaves them out, or says undefined
//    jobs: {ID: {
//      json              job.toJSON(), what JSON can say of it
//      state             job.getState()
//      logs              {logs, count} of getJobLogs()
//      dependenciesCount, dependencies, childrenValues, failedChildren    of parents, else null; not Bull
//    }}
//    schedulers          getJobSchedulers()                                               5, 6 (null elsewhere)
//    repeatables         getRepeatableJobs()                                              3, 4, 5, Bull (null in 6)
//    workers: [{name, rawname, id, addr, age, ...}]      getWorkers()
//    metrics: {completed, failed}                        getMetrics()
// }}}
//
// What `asc` means. Lists (waiting, paused, active): asc starts at the tail, which is where workers take from, so asc is
// "next to run first" and desc "newest first". Sorted sets: asc is the lowest score first, that is prioritized: next to
// run, delayed: soonest, completed and failed: longest ago, waiting-children: waiting for the longest time.
//
// What it writes. Opening a Queue usually writes `meta.version`; skipMetasUpdate prevents that. The counting and listing
// scripts of every BullMQ version remove a `0:` marker that has come to the tail of `wait` or `paused` (RPOP, only when
// other ids are there): run the oracle after the reader that it judges. All else are reads. Bull writes nothing.
import { connect, fail, loadLibrary, printAndExit, readArguments } from './lib.mjs';
import { openBull, readBull } from './read-bull.mjs';
import { openBullMQ, readBullMQ } from './read-bullmq.mjs';

async function queueNames(client, prefix) {
  const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}:*`;
  const suffix = /:(?:meta|id|stalled-check)$/;
  const names = new Set();
  for await (const keys of client.scanStream({ match: pattern, count: 10_000 })) {
    const candidates = keys.filter((key) => suffix.test(key));
    const types = await Promise.all(candidates.map((key) => client.type(key)));
    candidates.forEach((key, i) => {
      // A job with such an id is a hash too, but a hash with a name.
      const expected = key.endsWith(':meta') ? 'hash' : 'string';
      if (types[i] === expected) names.add(key);
    });
  }
  const hashes = [...names].filter((key) => key.endsWith(':meta'));
  const jobs = await Promise.all(hashes.map((key) => client.hexists(key, 'timestamp')));
  hashes.forEach((key, i) => jobs[i] && names.delete(key));
  return [...new Set([...names].map((key) => key.slice(prefix.length + 1).replace(suffix, '')))].sort();
}

try {
  const { lib, url, prefix, queue: wanted, 'ids-only': idsOnly } = readArguments({
    queue: { type: 'string', multiple: true },
    'ids-only': { type: 'boolean', default: false },
  });
  const library = loadLibrary(lib);
  const [open, read] = library.isBull ? [openBull, readBull] : [openBullMQ, readBullMQ];
  const client = connect(url);
  const queues = {};
  for (const name of wanted ?? (await queueNames(client, prefix))) {
    queues[name] = await read(library, open(library, client, prefix, name), { idsOnly });
  }
  printAndExit(JSON.stringify({ lib, version: library.version, prefix, queues }));
} catch (error) {
  fail(error);
}
