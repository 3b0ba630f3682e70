-- New jobs (reference, 3.15). Comes after `item`.

-- What must not become the id of a job: its hash would be one of the queue's own keys, or it would be taken for a marker.
local function is_reserved(id)
  return id == "" or OWN[id] or looks_like_marker(id)
end

-- A whole number of an option as JSON gives it, 0 for anything else.
local function number_of(value)
  local number = tonumber(value)
  return number and number > 0 and number < 9007199254740992 and math.floor(number) or 0
end

-- The next id of a queue and its number; nil where many in a row are taken. The next call goes on from there.
local TRIES = 1000
local function next_id(q)
  for _ = 1, TRIES do
    local number = call("INCR", q.base .. "id")
    local id = string.format("%.0f", number)
    if call("EXISTS", q.base .. id) == 0 then
      return id, number
    end
  end
end

-- Writes a new job: its id, name, data (nil where that is there already), options as text, creation (epoch ms) and how
-- it starts, then further fields.
local function store(q, job, further)
  local key = q.base .. job.id
  if job.data then
    call("HSET", key, "data", job.data)
  end
  call("HSET", key, "name", job.name, "opts", job.opts, "timestamp", job.created,
    "delay", job.how.delay, "priority", job.how.priority, unpack(further or {}))
  emit(q, "added", "jobId", job.id, "name", job.name)
end

-- Puts a job that is there where its options say, and tells it.
local function start(q, job)
  local how = job.how
  if how.delay > 0 then
    local due = job.created + how.delay
    delay(q, job.id, due, how.number)
    emit(q, "delayed", "jobId", job.id, "delay", due)
    wake_for_delayed(q)
  else
    enqueue(q, job.id, how.priority, how.push)
    emit(q, "waiting", "jobId", job.id)
  end
end

-- Options that are no JSON object count as none.
local function decoded(opts)
  local fine, parsed = pcall(cjson.decode, opts or "{}")
  return fine and type(parsed) == "table" and parsed or {}
end

-- How a new job starts by its options: after a delay (ms), with a priority, at which end of the list. `number` orders
-- the delayed ones of a millisecond.
local function how_of(opts, number)
  return {
    delay = number_of(opts.delay),
    priority = priority_of(string.format("%.0f", number_of(opts.priority))),
    push = opts.lifo and opts.lifo ~= cjson.null and "RPUSH" or "LPUSH",
    number = number,
  }
end

-- Brings the data of one job to another, which has no key yet. The server copies a hash in a seventh of the time that a
-- large value takes through here, where it can.
local LARGE = 65536
local function copy_data(from, to)
  local copied = call("HSTRLEN", from, "data") > LARGE and call("HLEN", from) < 1000 and redis.pcall("COPY", from, to)
  if copied ~= 1 then
    call("HSET", to, "data", call("HGET", from, "data") or "{}")
    return
  end
  redis.pcall("PERSIST", to)
  for _, name in ipairs(call("HKEYS", to)) do
    if name ~= "data" then
      call("HDEL", to, name)
    end
  end
end

-- Options without what belongs to the one job they come from: its place in a flow, its schedule, its deduplication.
-- They stay to the byte where nothing is left out.
local PERSONAL = {
  "jobId", "repeat", "repeatJobKey", "prevMillis", "parent", "timestamp", "tm", "de", "delay",
}
local function without_own(opts, keeps_delay)
  local parsed = options_of(opts, unpack(PERSONAL))
  local found = false
  for _, name in ipairs(PERSONAL) do
    if parsed[name] ~= nil and not (keeps_delay and name == "delay") then
      parsed[name] = nil
      found = true
    end
  end
  if not found then
    return opts or "{}"
  end
  return next(parsed) and cjson.encode(parsed) or "{}"
end
