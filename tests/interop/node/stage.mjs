// Tools of both scenarios: processors, failures of every kind, payloads of every kind, and waiting until all is settled.
export const HOUR = 3_600_000;
export const LOCK = 600_000;

export const numbers = (count, make) => Array.from({ length: count }, (_, i) => make(i));
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const forever = () => new Promise(() => {});

class ValidationError extends Error {
  constructor(message) {
    super(message);
    this.name = 'ValidationError';
    this.field = 'amount';
  }
}

// By the job's name. Each is a way in which real processors fail.
const FAILURES = {
  'fail-plain': () => new Error('connect ETIMEDOUT 10.0.0.7:443'),
  'fail-subclass': () => new ValidationError('amount must be positive'),
  'fail-cause': () => new Error('charge failed', { cause: new Error('socket hang up') }),
  'fail-many': () => new AggregateError([new Error('a'), new Error('b')], 'two of two mirrors failed'),
  'fail-unicode': () => new Error('Zahlung abgelehnt: „ungültig“ 🚫\nsecond line\ttab'),
  'fail-empty': () => new Error(''),
  'fail-string': () => 'only a string',
  'fail-object': () => ({ message: 'an object with a message', code: 42 }),
  'fail-number': () => 404,
  'fail-type': () => {
    try {
      return undefined.id;
    } catch (error) {
      return error;
    }
  },
};
export const FAILURE_NAMES = Object.keys(FAILURES);

// What the processor gives back, by the job's name; other names give back a small object.
const RESULTS = {
  'gives-null': null,
  'gives-nothing': undefined,
  'gives-string': 'done ✓',
  'gives-number': 0.1,
  'gives-false': false,
  'gives-array': [1, 'two', null, []],
  'gives-nested': { a: { b: { c: ['d'] } }, empty: {} },
};
export const RESULT_NAMES = Object.keys(RESULTS);

const PROGRESS = {
  'progress-number': 42,
  'progress-float': 33.333,
  'progress-object': { step: 'resize', done: 3, of: 8 },
  'progress-string': 'halfway',
};
export const PROGRESS_NAMES = Object.keys(PROGRESS);

// `setProgress` because the name of the method differs between Bull and BullMQ.
export function processor(setProgress) {
  return async (job) => {
    if (job.name.startsWith('hold')) {
      await setProgress(job, { step: 'waiting for the bank', done: 1, of: 3 });
      await job.log('taken');
      return forever();
    }
    if (job.name in FAILURES) throw FAILURES[job.name]();
    if (job.name in PROGRESS) await setProgress(job, PROGRESS[job.name]);
    if (job.name === 'chatty') for (let i = 0; i < 30; i++) await job.log(`line ${i} ✓ of 30`);
    if (job.name in RESULTS) return RESULTS[job.name];
    return { ok: true, of: job.name };
  };
}

export const PAYLOADS = [
  { to: 'ann@example.com', items: [{ sku: 'A-1', qty: 2 }], paid: true, note: null },
  'a plain string',
  '',
  ['an', 'array', 1, null, { deep: [] }],
  [],
  {},
  null,
  true,
  false,
  0,
  -12.5,
  0.1 + 0.2,
  1e21,
  1e-7,
  Number.MAX_SAFE_INTEGER,
  { grüße: 'żółć', emoji: '🐂👩‍👩‍👧', rtl: 'שלום', nul: 'a\u0000b', escape: '\u001b[31mred', slash: '</script>/' },
  { 'key with spaces': 1, '': 'empty key', constructor: 'x', nested: { a: { b: { c: { d: { e: 'deep' } } } } } },
  { lone: '\ud800', tab: '\t', quote: '"\\' },
  { big: 'x'.repeat(300_000) },
  undefined,
];

// Ids as people make them. Two colons are the most that BullMQ 5 and 6 allow, and exactly two.
export const CUSTOM_IDS = ['order 1', '🐂-42', 'naïve/ü', `it's "quoted"`, 'a*b?[c]\\', 'x'.repeat(300), '{tag}', '007'];
export const SUFFIX_IDS = ['priority', 'lock', 'logs', 'groups', 'dependencies'];
export const COLON_IDS = {
  modern: ['a:b:meta', 'a:b:id', 'a:b:events', 'x:y:lock', 'user:7:2024', '::'],
  old: ['a:meta', 'a:id', 'x:stalled-check', 'a:b:c:d', 'user:7', 'trailing:'],
};

const STATES = {
  wait: 'llen',
  paused: 'llen',
  active: 'llen',
  prioritized: 'zcard',
  delayed: 'zcard',
  completed: 'zcard',
  failed: 'zcard',
  'waiting-children': 'zcard',
};

// Read with plain commands: the libraries' own counts write, and are what the scenario is compared with later.
async function countStates(client, base) {
  const pipeline = client.pipeline();
  for (const [state, command] of Object.entries(STATES)) pipeline[command](`${base}:${state}`);
  for (const list of ['wait', 'paused', 'active']) pipeline.lrange(`${base}:${list}`, 0, -1);
  const replies = (await pipeline.exec()).map(([error, reply]) => (error ? 0 : reply));
  const found = Object.fromEntries(Object.keys(STATES).map((state, i) => [state, replies[i]]));
  // Versions 3 and 4 keep a marker among the ids, which is no job.
  const markers = (ids) => (Array.isArray(ids) ? ids.filter((id) => id.startsWith('0:')).length : 0);
  const { wait, paused, ...others } = found;
  const [inWait, inPaused, inActive] = replies.slice(-3).map(markers);
  return { waiting: wait - inWait + paused - inPaused, ...others, active: found.active - inActive };
}

const NOTHING = {
  waiting: 0,
  active: 0,
  prioritized: 0,
  delayed: 0,
  completed: 0,
  failed: 0,
  'waiting-children': 0,
};

// Waits until the queue holds exactly `expected` (absent states: none), and says what differs when it never does.
export async function settled(client, base, expected, seconds = 20) {
  const wanted = JSON.stringify({ ...NOTHING, ...expected });
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const found = { ...NOTHING, ...(await countStates(client, base)) };
    if (JSON.stringify(found) === wanted) return found;
    if (performance.now() > until) throw new Error(`${base}: wanted ${wanted}, found ${JSON.stringify(found)}`);
    await sleep(20);
  }
}

// Metrics are kept by the minute: work done under a clock that is set back fills several of them at once.
export async function inThePast(minutes, task) {
  const now = Date.now;
  Date.now = () => now() - minutes * 60_000;
  try {
    return await task();
  } finally {
    Date.now = now;
  }
}
