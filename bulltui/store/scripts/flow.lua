-- Jobs as nodes of flows. KEYS: their hashes. ARGV[1]: for how many ms to go on to the next one, ARGV[2]: how many
-- entries of lists are looked at in all, then for each job the start of its queue's keys and its id.
-- Answers for as many as there was time for {kind of key, state or "", name, start of failedReason, parentKey, parent,
-- children pending, processed, ignored, failed}. The state is "wait" also of one that is in no other place while `wait`
-- is too long to be looked through. An error as {err = ...}.
local NAME, REASON, PARENT, READABLE = 512, 512, 4096, 65536
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
local began, budget = clock(), tonumber(ARGV[2])

local failure
-- A reply, nil for a key that another program wrote. What else goes wrong is the answer to all.
local function asked(...)
  local reply = redis.pcall(...)
  if type(reply) == "table" and reply.err then
    if not string.find(reply.err, "WRONGTYPE", 1, true) then
      failure = failure or reply
    end
    return nil
  end
  return reply
end

local function start_of(job, field, cap)
  if redis.call("HSTRLEN", job, field) > READABLE then
    return ""
  end
  return string.sub(redis.call("HGET", job, field) or "", 1, cap)
end

local lengths = {}
local function length_of(key)
  lengths[key] = lengths[key] or asked("LLEN", key) or 0
  return lengths[key]
end

local function state_of(base, id)
  for _, name in ipairs({ "completed", "failed", "delayed", "prioritized", "waiting-children" }) do
    if asked("ZSCORE", base .. name, id) then
      return name
    end
  end
  local long = false
  for _, name in ipairs({ "active", "wait", "paused" }) do
    local key = base .. name
    local length = length_of(key)
    if length > 0 then
      local look = math.min(length, math.max(100, math.floor(budget / 20)))
      budget = budget - look
      local found = redis.pcall("LPOS", key, id, "RANK", -1, "MAXLEN", look)
      if type(found) == "number" then
        return name
      end
      long = long or name ~= "active" and (type(found) == "table" or look < length)
    end
  end
  return long and "wait" or ""
end

local out = {}
for i, job in ipairs(KEYS) do
  local base, id = ARGV[2 * i + 1], ARGV[2 * i + 2]
  local kind = redis.call("TYPE", job).ok
  local row = { kind, "", "", "", "", "" }
  if kind == "hash" then
    row[2] = state_of(base, id)
    row[3] = start_of(job, "name", NAME)
    row[4] = start_of(job, "failedReason", REASON)
    row[5] = start_of(job, "parentKey", PARENT)
    row[6] = start_of(job, "parent", PARENT)
  end
  row[7] = asked("SCARD", job .. ":dependencies") or 0
  row[8] = asked("HLEN", job .. ":processed") or 0
  row[9] = asked("HLEN", job .. ":failed") or 0
  row[10] = asked("ZCARD", job .. ":unsuccessful") or 0
  out[i] = row
  if failure then
    return failure
  end
  if clock() - began > tonumber(ARGV[1]) then
    break
  end
end
return out
