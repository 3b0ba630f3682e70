-- What a job consists of, looked at before anything is written, and a digest of it to see later whether it changed.
-- Comes after `queue`, without or with `item`.
local refusal = refusal_without("HGETALL", "LINSERT", "LPOS", "PEXPIRE", "SISMEMBER", "SMEMBERS")
if refusal then
  return refusal
end

local LOOK = 150000 -- how far into each end of a list: 2 ms of the server
local COUNTED = 65536 -- of a larger field only the size counts: no script reads it again and again
local MANY = 1000 -- of a hash with more fields only their number counts

-- Where in a list an id is, counted from the tail (-1: next to run). Nil where it is not, and then whether the list is
-- too long to say. Ids mostly come in the order of the list: the next one is looked for next to the one before.
local AT_TAIL, AROUND, LONG = 100, 300, 2000
local near = {}
local function index_in(list, id)
  local length = call("LLEN", list)
  if length == 0 then
    return nil
  end
  local last = near[list]
  if last then
    for index = last, last - 1, -1 do
      if call("LINDEX", list, index) == id then
        near[list] = index
        return index
      end
    end
  end
  local found = call("LPOS", list, id, "RANK", -1, "MAXLEN", length > LONG and AT_TAIL or LONG)
  if not found and length > LONG and last then
    local to = math.min(-1, last + AROUND / 4)
    local ids = call("LRANGE", list, to - AROUND, to)
    for i = #ids, 1, -1 do
      if ids[i] == id then
        near[list] = to - #ids + i
        return near[list]
      end
    end
  end
  found = found or length > LONG and call("LPOS", list, id, "RANK", -1, "MAXLEN", LOOK)
    or length > LOOK and call("LPOS", list, id, "MAXLEN", LOOK)
  if not found then
    return nil, length > 2 * LOOK
  end
  near[list] = found - length
  return near[list]
end

-- Where a job is: the last part of the key, its exact score, and in a list its index from the tail. "" where it is
-- nowhere, nil where a list is too long to say.
local function locate(q, id)
  for _, name in ipairs({ "completed", "failed", "delayed", "prioritized", "waiting-children" }) do
    local score = call("ZSCORE", q.base .. name, id)
    if score then
      return name, score
    end
  end
  local unsure = false
  for _, name in ipairs({ "active", "wait", "paused" }) do
    local index, too_long = index_in(q.base .. name, id)
    if index then
      return name, "", index
    end
    unsure = unsure or too_long
  end
  if unsure then
    return nil
  end
  return "", ""
end

-- The fields of a hash by name: {name, size, value}, the value false where it is large. Nil where there are too many.
-- A small hash is read by one command.
local function fields_of(key)
  if call("HLEN", key) > MANY then
    return nil
  end
  local memory = redis.pcall("MEMORY", "USAGE", key, "SAMPLES", 0)
  local is_small = type(memory) == "number" and memory <= COUNTED
  local names, values = {}, {}
  if is_small then
    local flat = call("HGETALL", key)
    for i = 1, #flat, 2 do
      names[#names + 1] = flat[i]
      values[flat[i]] = flat[i + 1]
    end
  else
    names = call("HKEYS", key)
  end
  table.sort(names)
  local fields = {}
  for i, name in ipairs(names) do
    if is_small then
      fields[i] = { name, #values[name], values[name] }
    else
      local size = call("HSTRLEN", key, name)
      fields[i] = { name, size, size <= COUNTED and call("HGET", key, name) }
    end
  end
  return fields
end

-- What hangs on a job beside its hash: the last part of the key, its type, and what counts its entries.
local SIDES = {
  { ":logs", "list", "LLEN" },
  { ":dependencies", "set", "SCARD" },
  { ":processed", "hash", "HLEN" },
  { ":failed", "hash", "HLEN" },
  { ":unsuccessful", "zset", "ZCARD" },
}

-- A job as it is. `reason` says why nothing can be done with it: `missing`, `foreign` (another program's key), `large`
-- (if anywhere, then in the middle of a list too long to look through). The digest is over its state, score and fields, and the counts of what hangs on
-- it; the lock and its place in a list are no part of it.
local function look(q, id)
  local job = { id = id, key = q.base .. id, value = {} }
  local kind = call("TYPE", job.key).ok
  job.hash, job.counts = kind == "hash", {}
  job.state, job.score, job.at = locate(q, id)
  if not job.state then
    job.reason, job.state, job.score = "large", "", ""
  end
  if kind ~= "hash" and kind ~= "none" or is_own(q, id) then
    job.reason = "foreign"
    return job
  end
  local parts = { job.state, job.score }
  if job.hash then
    job.fields = fields_of(job.key)
    for _, field in ipairs(job.fields or {}) do
      parts[#parts + 1] = field[1]
      parts[#parts + 1] = field[2]
      parts[#parts + 1] = field[3] or ""
      job.value[field[1]] = field[3] or nil
    end
    if not job.fields then
      parts[#parts + 1] = call("HLEN", job.key)
      for _, name in ipairs({ "deid", "parent", "parentKey", "rjk", "timestamp", "processedOn", "finishedOn" }) do
        if call("HSTRLEN", job.key, name) <= COUNTED then
          job.value[name] = call("HGET", job.key, name) or nil
        end
      end
    end
  end
  local any = job.hash or job.state ~= ""
  local has_sides = call("EXISTS", job.key .. ":logs", job.key .. ":dependencies", job.key .. ":processed",
    job.key .. ":failed", job.key .. ":unsuccessful") > 0
  for i, side in ipairs(SIDES) do
    local count = has_sides and redis.pcall(side[3], job.key .. side[1]) or 0
    if type(count) == "table" then
      job.reason = "foreign"
      return job
    end
    job.counts[i] = count
    parts[#parts + 1] = count
    any = any or count > 0
  end
  if not any then
    job.reason = "missing"
  end
  job.digest = redis.sha1hex(table.concat(parts, "\n"))
  return job
end

-- The start of the keys and the id of a job by its whole key; `json` is what a child says of its parent. Ids may hold
-- colons, so that the key alone does not always tell.
local function split_key(key, json)
  if json and #json < 4096 then
    local fine, told = pcall(cjson.decode, json)
    if fine and type(told) == "table" and type(told.id) == "string" and type(told.queueKey) == "string"
      and told.queueKey .. ":" .. told.id == key then
      return told.queueKey .. ":", told.id
    end
  end
  return string.match(key, "^(.*:)([^:]*)$")
end

-- The key of the parent that still waits for this job, its start and its id; nil where none does, false where that
-- cannot be told.
local function waiting_parent(job)
  local key = job.value.parentKey
  if not key or key == "" then
    return nil
  end
  local member = redis.pcall("SISMEMBER", key .. ":dependencies", job.key)
  if member == 0 then
    return nil
  end
  local base, id = split_key(key, job.value.parent)
  if member ~= 1 or not base then
    return false
  end
  return key, base, id
end
