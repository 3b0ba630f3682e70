-- A queue that a script acts on, and how jobs get to where its workers take them (reference, sections 0, 1.1 and 7).
-- Every script that changes something begins with the same arguments: KEYS[1] a key of the queue, ARGV[1] the start of
-- its keys, ARGV[2] its layout (v3 to v6), ARGV[3] the time (epoch ms), ARGV[4] for how many ms it may go on to the next
-- item.
local call = redis.call
local now = tonumber(ARGV[3])

-- The clock of the process, since TIME stands still while a script runs.
local began = os and os.clock and os.clock()
local budget = tonumber(ARGV[4]) / 1000
local function is_late()
  return began and os.clock() - began > budget
end

-- A queue by the start of its keys. Its paused state and its full slots are looked up once.
local function open_queue(base, layout)
  local meta = call("HMGET", base .. "meta", "paused", "concurrency", "opts.maxLenEvents")
  local paused = meta[1] and true or false
  local full = false
  if not paused and meta[2] and (layout == "v5" or layout == "v6") then
    full = call("LLEN", base .. "active") >= tonumber(meta[2])
  end
  return { base = base, layout = layout, paused = paused, held = paused or full, max_events = meta[3] or 10000 }
end

local queue = open_queue(ARGV[1], ARGV[2])

-- The layout of another queue (a parent's, a child's): what its version says, else that of the queue acted on, since
-- services of one fleet share a library.
local VERSIONS = { ["3"] = "v3", ["4"] = "v4", ["5"] = "v5", ["6"] = "v6" }
local function open_other(base)
  if base == queue.base then
    return queue
  end
  local version = call("HGET", base .. "meta", "version")
  local major = version and string.match(version, "^bullmq:(%d+)%.")
  return open_queue(base, major and VERSIONS[major] or queue.layout)
end

-- `meta` is never created: the library's default stands in for an option that is not there.
local function emit(q, ...)
  call("XADD", q.base .. "events", "MAXLEN", "~", q.max_events, "*", "event", ...)
end

local function is_marker(id)
  return id and string.sub(id, 1, 2) == "0:"
end

-- The list where a job waits. While a queue is paused the lists that are there decide before the layout does: a job in
-- `paused` survives the resume of BullMQ 5, which puts that list over `wait`, and of BullMQ 6, which merges it.
local function waiting_list(q)
  if not q.paused then
    return q.base .. "wait"
  end
  if q.layout == "v5" or q.layout == "v6" then
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
  if (q.layout == "v5" or q.layout == "v6") and not q.held then
    call("ZADD", q.base .. "marker", 0, "0")
  end
end

-- When the next delayed job is due, for workers that sleep until then.
local function wake_for_delayed(q)
  local first = call("ZRANGE", q.base .. "delayed", 0, 0, "WITHSCORES")
  if #first == 0 then
    return
  end
  local due = math.floor(tonumber(first[2]) / 4096)
  if q.layout == "v5" or q.layout == "v6" then
    call("ZADD", q.base .. "marker", due, "1")
  elseif not q.paused then
    local wait = q.base .. "wait"
    local length = call("LLEN", wait)
    if length == 0 then
      call("LPUSH", wait, "0:" .. string.format("%.0f", due))
    elseif length == 1 and is_marker(call("LINDEX", wait, 0)) then
      call("LSET", wait, 0, "0:" .. string.format("%.0f", due))
    end
  end
end

-- Workers of BullMQ 3 and 4 need no marker in a list that holds a job.
local function drop_marker(q, list)
  if (q.layout == "v3" or q.layout == "v4") and is_marker(call("LINDEX", list, 0)) then
    call("LPOP", list)
  end
end

-- Puts a job where workers take it next by its priority. `push` is LPUSH behind all others or RPUSH before them.
local function enqueue(q, id, priority, push)
  if priority == 0 or q.layout == "v3" then
    call(push, waiting_list(q), id)
    wake(q)
  else
    local counter = call("INCR", q.base .. "pc")
    call("ZADD", q.base .. "prioritized", priority * 0x100000000 + counter % 0x100000000, id)
    if q.layout == "v4" and not q.paused and call("LLEN", q.base .. "wait") == 0 then
      call("LPUSH", q.base .. "wait", "0:0")
    end
    wake(q)
  end
end
