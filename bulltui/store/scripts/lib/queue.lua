-- A queue that a script acts on, and how jobs get to where its workers take them (reference, sections 0, 1.1 and 7).
-- Every script that changes something begins with the same arguments: KEYS[1] a key of the queue, ARGV[1] the start of
-- its keys, ARGV[2] its layout (v3 to v6), ARGV[3] the time (epoch ms), ARGV[4] for how many ms it may go on to the
-- next item.
--
-- What was written stays when a script breaks in the middle. So whatever could break it is looked at before the first
-- write: rights and the types of the queue's keys here, once; the keys of a job or a parent before that job is touched.
local call = redis.call
local now = tonumber(ARGV[3])

-- How long this runs, in ms: by the clock of the process where scripts have it, since there TIME stands still within one
-- (Valkey, Redis from 7.2 on); by TIME where they do not. Who may not ask either does a whole chunk.
local fine, process_clock = pcall(function()
  return os.clock
end)
local function clock()
  if fine and process_clock then
    return process_clock() * 1000
  end
  local time = redis.pcall("TIME")
  return time[1] and tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000 or 0
end
local began = clock()
local budget = tonumber(ARGV[4])
local function is_late(share)
  return clock() - began > budget * (share or 1)
end

-- Servers before Redis 7 cannot be asked; there a missing right shows where it is missed.
local COMMANDS = {
  "DEL", "EXISTS", "GET", "HDEL", "HGET", "HINCRBY", "HKEYS", "HLEN", "HMGET", "HSET", "HSTRLEN", "INCR", "LINDEX",
  "LLEN", "LPOP", "LPUSH", "LRANGE", "LREM", "LSET", "LTRIM", "PTTL", "RPUSH", "SADD", "SCARD", "SET", "SREM", "TYPE",
  "XADD", "ZADD", "ZCARD", "ZRANGE", "ZREM", "ZREVRANGEBYSCORE", "ZSCORE",
}

-- Whether a key lies in another slot of a Cluster than the queue: no command may go over both, nor does a change.
local function is_elsewhere(key)
  local told = key ~= KEYS[1] and redis.pcall("EXISTS", KEYS[1], key)
  local problem = type(told) == "table" and told.err or ""
  return string.find(problem, " slot", 1, true) ~= nil or string.find(problem, "non local key", 1, true) ~= nil
end

local function lacking(key)
  if is_elsewhere(key) then
    return "EXISTS"
  end
  for _, command in ipairs(redis.acl_check_cmd and COMMANDS or {}) do
    if not redis.acl_check_cmd(command, key) then
      return command
    end
  end
end
local function no_right(command)
  return redis.error_reply("NOPERM this user has no permissions to run the '" .. string.lower(command) .. "' command")
end
local missed = lacking(KEYS[1])
if missed then
  return no_right(missed)
end

-- The refusal of a script that needs commands beside those and may not run one of them, nil where it may.
local function refusal_without(...)
  for _, command in ipairs(redis.acl_check_cmd and { ... } or {}) do
    if not redis.acl_check_cmd(command, KEYS[1], KEYS[1]) then
      return no_right(command)
    end
  end
end

local KINDS = {
  meta = "hash", wait = "list", paused = "list", active = "list", prioritized = "zset", delayed = "zset",
  ["waiting-children"] = "zset", completed = "zset", failed = "zset", marker = "zset", events = "stream",
  pc = "string", id = "string", ["repeat"] = "zset", stalled = "set",
}

-- Keys of a queue beside those. A job of such a name cannot be acted on without harm to the queue.
local OWN = { limiter = true, priority = true, groups = true, ["stalled-check"] = true, ["meta-paused"] = true }
for name in pairs(KINDS) do
  OWN[name] = true
end

-- Whether an id names a key of the queue, or of another job, rather than a job: schedulers and next jobs of a
-- deduplication are hashes too, but have no time of creation.
local function is_own(q, id)
  if OWN[id] or string.sub(id, 1, 8) == "metrics:" then
    return true
  end
  local is_like = string.sub(id, 1, 7) == "repeat:" or string.sub(id, 1, 3) == "dn:"
    or string.sub(id, -10) == ":processed" or string.sub(id, -7) == ":failed"
  return is_like and call("TYPE", q.base .. id).ok == "hash" and call("HSTRLEN", q.base .. id, "timestamp") == 0
end

-- Whether a key is of this type or not there. Anything else is another program's.
local function is_free_or(key, kind)
  local found = call("TYPE", key).ok
  return found == "none" or found == kind, found
end

-- A whole number as the libraries write it, else nil: `tonumber` also takes "inf", "nan" and "0x10".
local function whole(text)
  return text and string.match(text, "^%d+$") and #text < 16 and tonumber(text) or nil
end

-- Whether one can be added to a text, or to nothing.
local function is_counter(text)
  return not text or (string.match(text, "^%d+$") ~= nil and #text < 19)
end

-- A queue by the start of its keys; nil with the key and its type where one of them is another program's.
local function open_queue(base, layout)
  for name, kind in pairs(KINDS) do
    local free, found = is_free_or(base .. name, kind)
    if not free then
      return nil, name .. " " .. found
    end
  end
  for _, name in ipairs({ "id", "pc" }) do
    if not is_counter(call("GET", base .. name)) then
      return nil, name .. " text"
    end
  end
  local meta = call("HMGET", base .. "meta", "paused", "concurrency", "opts.maxLenEvents")
  return {
    base = base,
    layout = layout,
    new = layout == "v5" or layout == "v6",
    paused = meta[1] and true or false,
    concurrency = whole(meta[2]),
    max_events = whole(meta[3]) and meta[3] or "10000",
  }
end

local queue, foreign = open_queue(ARGV[1], ARGV[2])
if foreign then
  return redis.error_reply("FOREIGN " .. foreign)
end

-- The layout of another queue (a parent's, a child's): what its version says, else that of the queue acted on, since
-- services of one fleet share a library. Nil where a key of it is another program's or may not be changed.
local VERSIONS = { ["3"] = "v3", ["4"] = "v4", ["5"] = "v5", ["6"] = "v6" }
local others = { [queue.base] = queue }
local function open_other(base)
  if others[base] == nil then
    local version = not lacking(base .. "meta") and is_free_or(base .. "meta", "hash")
      and call("HGET", base .. "meta", "version")
    local major = version and string.match(version, "^bullmq:(%d+)%.")
    others[base] = not lacking(base .. "meta") and open_queue(base, major and VERSIONS[major] or queue.layout) or false
  end
  return others[base] or nil
end

-- `meta` is never created: the library's default stands in for an option that is not there.
local function emit(q, ...)
  call("XADD", q.base .. "events", "MAXLEN", "~", q.max_events, "*", "event", ...)
end

local function looks_like_marker(id)
  return id and string.sub(id, 1, 2) == "0:"
end

-- A job may have an id like that too: such a one is never dropped.
local function is_marker(q, id)
  return looks_like_marker(id) and call("EXISTS", q.base .. id) == 0
end

-- The list where a job waits. While a queue is paused the lists that are there decide before the layout does: a job in
-- `paused` survives the resume of BullMQ 5, which puts that list over `wait`, and of BullMQ 6, which merges it.
local function waiting_list(q)
  if not q.paused then
    return q.base .. "wait"
  end
  if q.new then
    if call("LLEN", q.base .. "paused") > 0 then
      return q.base .. "paused"
    end
    if call("LLEN", q.base .. "wait") > 0 or q.layout == "v6" then
      return q.base .. "wait"
    end
  end
  return q.base .. "paused"
end

-- Wakes an idle worker: through `marker` from BullMQ 5 on; workers of 3 and 4 wait for entries of `wait` itself.
local function wake(q)
  if not q.new or q.paused or q.woken then
    return
  end
  if not q.concurrency or call("LLEN", q.base .. "active") < q.concurrency then
    call("ZADD", q.base .. "marker", 0, "0")
    q.woken = true
  end
end

-- When the next delayed job is due, for workers that sleep until then.
local function wake_for_delayed(q)
  local first = call("ZRANGE", q.base .. "delayed", 0, 0, "WITHSCORES")
  if #first == 0 then
    return
  end
  local due = tonumber(first[2]) / 4096
  if q.new then
    call("ZADD", q.base .. "marker", due, "1")
    return
  end
  local list = waiting_list(q)
  local length = call("LLEN", list)
  if length == 0 then
    call("LPUSH", list, "0:" .. due)
  elseif length == 1 and q.layout == "v4" then
    local marker = call("LINDEX", list, 0)
    local before = is_marker(q, marker) and tonumber(string.sub(marker, 3))
    if before and before > due then
      call("LSET", list, 0, "0:" .. due)
    end
  end
end

-- Puts a job among the delayed ones, due at a time (epoch ms). Within a millisecond BullMQ 5 and later keep the order
-- of coming, BullMQ 3 and 4 that of `number`, the job's.
local function delay(q, id, due, number)
  local first = due * 4096
  local score = first + number % 4096
  if q.new then
    local last = call("ZREVRANGEBYSCORE", q.base .. "delayed", first + 4095, first, "WITHSCORES", "LIMIT", 0, 1)[2]
    score = last and math.min(tonumber(last) + 1, first + 4095) or first
  end
  call("ZADD", q.base .. "delayed", score, id)
end

-- A list that gets a job needs no marker of BullMQ 3 and 4 any more.
local function drop_marker(q, list)
  if is_marker(q, call("LINDEX", list, 0)) then
    call("LPOP", list)
  end
end

-- Wakes an idle worker for a job in `prioritized`.
local function wake_for_priority(q)
  if q.layout == "v4" and not q.paused and call("LLEN", q.base .. "wait") == 0 then
    call("LPUSH", q.base .. "wait", "0:0")
  end
  wake(q)
end

-- Puts a job where workers take it next by its priority. `push` is LPUSH behind all others or RPUSH before them.
local function enqueue(q, id, priority, push)
  if priority == 0 then
    call(push, waiting_list(q), id)
    wake(q)
  else
    local counter = call("INCR", q.base .. "pc")
    call("ZADD", q.base .. "prioritized", priority * 0x100000000 + counter % 0x100000000, id)
    wake_for_priority(q)
  end
end
