// One library, told by lines of JSON on standard input what to do, with one line as the answer to each. It ends when its
// input closes.
//
//   node server.mjs --lib 3|4|5|6|bull4 --url redis://127.0.0.1:6379 --prefix bull
//
// The first line out: {"version": "5.81.5"}. Then for {"do": ..., "db": N, ...} either {"ok": value} or {"error": text}:
//   prepare {scene, paused}         a scene of scenes.mjs; answers with the names of its queues
//   reason  {name}                  a scene of reasons.mjs; answers with the queue and the id to ask about
//   check   {queue}                 the workers' check for stalled jobs, from now on
//   settled {queue, id, state}      waits until a job is in a state
//   act     {act, queue, ...}       an act of acts.mjs
//   finish  {queues, and}           resumes them, runs workers until nothing is left to do; answers with [[queue, id]...]
//                                   of each database: `db`, and that of `and`
//   open    {queue}                 as a service does: writes the version
//   work    {queue, ms, concurrency}     a worker from now on
//   pace    {queue}                 a queue of pace.mjs that goes on from now; what it did so far: paced {queue, ms}, which
//                                   may change how long its jobs take; unpaced {} ends what is added to all of them
//   quiet   {queues}                waits until the workers have nothing more to do
//   stop    {}                      ends them; answers with [[queue, id]...] that they ran
import { createInterface } from 'node:readline';
import { ACTS } from './acts.mjs';
import { Desk } from './desk.mjs';
import { fail, loadLibrary, readArguments } from './lib.mjs';
import { check, reason, settled } from './reasons.mjs';
import { pace, paced, unpaced } from './pace.mjs';
import { prepare } from './scenes.mjs';

const DOES = {
  prepare: (desk, { scene, paused }) => prepare(desk, scene, paused),
  reason: (desk, { name }) => reason(desk, name),
  check: (desk, { queue }) => check(desk, queue),
  settled: (desk, { queue, id, state }) => settled(desk, queue, id, state),
  act: (desk, { act, queue, ...at }) => ACTS[act](queue && desk.queue(queue), at, desk),
  finish: (desk, { queues, and }) => Promise.all([desk, and].map((one) => one.finish(queues))),
  open: async (desk, { queue }) => void (await desk.producer(queue)),
  work: (desk, { queue, ...how }) => desk.work(queue, how),
  pace: (desk, { queue }) => pace(desk, queue),
  paced: (desk, { queue, ...how }) => paced(desk, queue, how),
  unpaced: (desk) => unpaced(desk),
  quiet: (desk, { queues }) => desk.quiet(queues, 0),
  stop: (desk) => desk.stop(),
};

try {
  const { lib, url, prefix } = readArguments();
  const library = loadLibrary(lib);
  const desks = new Map();
  const desk = (db) => {
    if (!desks.has(db)) desks.set(db, new Desk(library, `${url}/${db}`, prefix));
    return desks.get(db);
  };
  const answer = async ({ do: what, db, ...rest }) => {
    try {
      if ('and' in rest) rest.and = desk(rest.and);
      return { ok: (await DOES[what](desk(db), rest)) ?? null };
    } catch (error) {
      return { error: error?.message ?? String(error) };
    }
  };
  console.log(JSON.stringify({ version: library.version }));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
  process.exit(0); // at once: an orderly close would wait for blocked connections
} catch (error) {
  fail(error);
}
