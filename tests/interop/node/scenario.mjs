// Fills a server with every state that the real library can make, says so in one line of JSON, and keeps its workers
// connected until standard input closes or SIGTERM comes. It leaves the data behind.
//
//   node scenario.mjs --lib 3|4|5|6|bull4 --url redis://127.0.0.1:6379 --prefix bull
//
// The line: {"ready": true, "lib": "5", "version": "5.81.5", "queues": [...], "expected": {queue: {state: count}}}
// where `expected` is what the scenario itself put there, counted with plain commands. `waiting` includes the jobs of a
// paused queue; with version 3 and Bull also the prioritized ones, which lie in the same list there.
import { fillBull } from './fill-bull.mjs';
import { fillBullMQ } from './fill-bullmq.mjs';
import { fail, loadLibrary, readArguments } from './lib.mjs';

const leave = () => process.exit(0); // at once: an orderly close would wait for jobs that never end
process.on('SIGTERM', leave);
process.on('SIGINT', leave);
process.stdin.on('end', leave).on('error', leave).resume();

try {
  const { lib, url, prefix } = readArguments();
  const library = loadLibrary(lib);
  const expected = await (library.isBull ? fillBull : fillBullMQ)(library, url, prefix);
  const queues = Object.keys(expected).sort();
  console.log(JSON.stringify({ ready: true, lib, version: library.version, prefix, queues, expected }));
} catch (error) {
  fail(error);
}
