-- Everything around a job at one instant: where its id stands, what runs before it, and what holds its queue.
-- KEYS[1]: the job's key. ARGV: start of the queue's keys, id, how far into each end of a list, how far in all.
-- Answers {time {s, us}, kind of key, {state, score ...}, {lists that were not looked through ...}, ahead or false,
-- "1" when there are more ahead, higher or false, ttl of the lock, 1 in `stalled`, ttl of `stalled-check`,
-- {paused, concurrency, max, duration}, Bull's pause, {limiter, its ttl}, active, {marker and score ...},
-- {owner of the deduplication id, its ttl}, counter of ids, {processedOn, finishedOn, attemptsMade, atm},
-- {keys of a foreign type ...}}. An error as {err = ...}.
local job, base, id, LOOK, budget = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local SHIFT = 4294967296 -- a priority in a score, beside the counter that keeps the order

local failure
local faults = {}
-- A reply, nil for a key that another program wrote. What else goes wrong is the answer to all.
local function asked(command, name, ...)
  local reply = redis.pcall(command, base .. name, ...)
  if type(reply) == "table" and reply.err then
    if string.find(reply.err, "WRONGTYPE", 1, true) then
      if faults[#faults] ~= name then
        faults[#faults + 1] = name
      end
    else
      failure = failure or reply
    end
    return nil
  end
  return reply
end

local function is_marker(entry)
  return entry and string.sub(entry, 1, 2) == "0:"
end

-- How many jobs a list holds, and whether its next entry is a marker of BullMQ 3 and 4, which is none.
local function jobs_in(name)
  local length = asked("LLEN", name) or 0
  if length == 0 then
    return 0, 0, false
  end
  local marked = is_marker(asked("LINDEX", name, -1))
  local markers = (marked and 1 or 0) + (length > 1 and is_marker(asked("LINDEX", name, 0)) and 1 or 0)
  return length, length - markers, marked
end

-- The index of the id in a list, nil where it is not in it, and then whether the list is too long to say.
local function index_in(name, length)
  local look = math.min(LOOK, budget)
  if look == 0 then
    return nil, length > 0
  end
  budget = budget - math.min(look, length)
  local found = redis.pcall("LPOS", base .. name, id, "RANK", -1, "MAXLEN", look)
  if type(found) == "table" then
    return nil, length > 0 -- not allowed
  end
  local looked = look
  look = math.min(LOOK, budget)
  if not found and length > looked and look > 0 then
    budget = budget - look
    looked = looked + look
    found = redis.pcall("LPOS", base .. name, id, "MAXLEN", look)
  end
  if found then
    return found
  end
  return nil, length > looked
end

local places, unsearched = {}, {}
local ahead, deeper, higher = false, "", false
local function place(name, score)
  places[#places + 1] = name
  places[#places + 1] = score or ""
end

local wait, waiting, wait_marked = jobs_in("wait")
local paused, held, paused_marked = jobs_in("paused")
local active = asked("LLEN", "active") or 0

for _, name in ipairs({ "completed", "failed", "delayed", "prioritized" }) do
  local score = asked("ZSCORE", name, id)
  if score then
    place(name, score)
    if name == "prioritized" then
      local first = math.floor(tonumber(score) / SHIFT) * SHIFT
      local before = asked("ZCOUNT", name, "-inf", string.format("(%.0f", first)) or 0
      ahead = waiting + held + (asked("ZRANK", name, id) or 0)
      higher = waiting + held + before
    end
  end
end
for _, list in ipairs({ { "active", active }, { "wait", wait, wait_marked }, { "paused", paused, paused_marked } }) do
  local name, length, marked = list[1], list[2], list[3]
  local found, unsure = index_in(name, length)
  if found then
    place(name)
    if name ~= "active" then
      ahead = length - 1 - found - (marked and 1 or 0)
      -- Within `wait` only Bull and BullMQ 3 know priorities; elsewhere those that have one come after all of it.
      higher = redis.call("EXISTS", base .. "priority") == 0 and 0 or false
    end
  elseif unsure then
    unsearched[#unsearched + 1] = name
  end
end
local parent_score = asked("ZSCORE", "waiting-children", id)
if parent_score then
  place("waiting-children", parent_score)
end
if #places == 0 and #unsearched > 0 and unsearched[#unsearched] ~= "active" then
  ahead, deeper = LOOK, "1" -- if it is in there at all
end

local kind = redis.call("TYPE", job).ok
local fields = { false, false, false, false, false }
if kind == "hash" then
  for i, name in ipairs({ "deid", "processedOn", "finishedOn", "attemptsMade", "atm" }) do
    fields[i] = redis.call("HSTRLEN", job, name) <= 512 and redis.call("HGET", job, name)
  end
end
local dedup = { false, -2 }
if fields[1] and fields[1] ~= "" then
  dedup = { asked("GET", "de:" .. fields[1]) or false, asked("PTTL", "de:" .. fields[1]) or -2 }
end
local lock = asked("PTTL", id .. ":lock")
local answer = {
  redis.call("TIME"),
  kind,
  places,
  unsearched,
  ahead,
  deeper,
  higher,
  lock or -2,
  asked("SISMEMBER", "stalled", id) or 0,
  asked("PTTL", "stalled-check") or -2,
  asked("HMGET", "meta", "paused", "concurrency", "max", "duration") or {},
  redis.call("EXISTS", base .. "meta-paused"),
  { asked("GET", "limiter") or false, asked("PTTL", "limiter") or -2 },
  active,
  asked("ZRANGE", "marker", 0, 3, "WITHSCORES") or {},
  dedup,
  asked("GET", "id") or false,
  { fields[2], fields[3], fields[4], fields[5] },
  faults,
}
return failure or answer
