-- A job: its hash, the state it is in, and what hangs on it.
-- KEYS[1]: the job's key. ARGV: start of the queue's keys, id, how many bytes of a field at most, the state it is
-- known to be in or "", and above which size a field is not read at all, since only all of it can be taken out.
-- Answers {kind of key, state or "", score or false, ttl of the lock, log lines, children pending, processed,
-- ignored, failed, "1" when a long list was not looked through, then for each field name, size and (start of) value}.
local job, base, id, cap, known = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local readable, budget = tonumber(ARGV[5]), 8 * tonumber(ARGV[3])
local LOOK = 100000 -- how far into each end of a list; a longer list is looked through by calls of its own

local function number(...)
  local reply = redis.pcall(...)
  return type(reply) == "number" and reply or 0
end

local state, score, unsure = "", false, ""
local function in_set(name)
  local found = redis.pcall("ZSCORE", base .. name, id)
  if type(found) == "string" then
    state, score = name, found
  end
end
local function in_list(name)
  local key = base .. name
  local found = redis.pcall("LPOS", key, id, "RANK", -1, "MAXLEN", LOOK)
  if type(found) ~= "number" and number("LLEN", key) > LOOK then
    found = redis.pcall("LPOS", key, id, "MAXLEN", LOOK)
    if type(found) ~= "number" and number("LLEN", key) > 2 * LOOK then
      unsure = "1"
    end
  end
  if type(found) == "number" then
    state = name
  end
end

-- The library's own order (reference, section 5.3).
local sets = { "completed", "failed", "delayed", "prioritized" }
local lists = { "active", "wait", "paused" }
if known ~= "" then
  state = known
  if known ~= "wait" and known ~= "active" and known ~= "paused" then
    in_set(known)
  end
else
  for _, name in ipairs(sets) do
    if state == "" then
      in_set(name)
    end
  end
  for _, name in ipairs(lists) do
    if state == "" then
      in_list(name)
    end
  end
  if state == "" then
    in_set("waiting-children")
  end
end

local kind = redis.call("TYPE", job).ok
local out = {
  kind,
  state,
  score,
  number("PTTL", job .. ":lock"),
  number("LLEN", job .. ":logs"),
  number("SCARD", job .. ":dependencies"),
  number("HLEN", job .. ":processed"),
  number("HLEN", job .. ":failed"),
  number("ZCARD", job .. ":unsuccessful"),
  unsure,
}
if redis.call("EXISTS", job .. ":lock") == 0 then
  out[4] = -2
end
if kind == "hash" then
  local names
  if redis.call("HLEN", job) <= 500 then
    names = redis.call("HKEYS", job)
  else
    names = {
      "name", "data", "opts", "timestamp", "delay", "priority", "attemptsMade", "atm", "ats", "stc", "processedOn",
      "finishedOn", "returnvalue", "failedReason", "stacktrace", "progress", "pb", "rjk", "deid", "parentKey",
      "parent", "defa",
    }
  end
  for _, name in ipairs(names) do
    local size = redis.call("HSTRLEN", job, name)
    local value = size <= readable and redis.call("HGET", job, name) or (size > 0 and "")
    if value then
      value = string.sub(value, 1, math.min(cap, budget))
      budget = budget - #value
      out[#out + 1] = name
      out[#out + 1] = size
      out[#out + 1] = value
    end
  end
end
return out
