-- A job: its hash, the state it is in, and what hangs on it.
-- KEYS[1]: the job's key. ARGV: start of the queue's keys, id, how many bytes of a field at most, the state it is
-- known to be in or "", above which size a field is not read at all, since only all of it can be taken out, how many
-- bytes of all fields at most, up to how many fields others than the library's are read, then the library's fields.
-- Answers {kind of key, state or "", score or false, ttl of the lock, log lines, children pending, processed,
-- ignored, failed, "1" when a long list was not looked through, fields in all, then for each field name, size and
-- (start of) value}. An error as {err = ...}.
local job, base, id, cap, known = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local readable, budget, many = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local LOOK = 25000 -- how far into each end of a list; a longer list is looked through by calls of its own

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

local state, score, unsure = "", false, ""
local function in_set(name)
  local found = asked("ZSCORE", base .. name, id)
  if found then
    state, score = name, found
  end
end
local function in_list(name)
  local key = base .. name
  local length = asked("LLEN", key) or 0
  if length == 0 then
    return
  end
  local found = redis.pcall("LPOS", key, id, "RANK", -1, "MAXLEN", LOOK)
  if not found and length > LOOK then
    found = redis.pcall("LPOS", key, id, "MAXLEN", LOOK)
  end
  if type(found) == "number" then
    state = name
  elseif found or length > 2 * LOOK then
    unsure = "1" -- too long, or LPOS is not known or not allowed
  end
end

-- The library's own order (reference, section 5.3).
if known ~= "" then
  state = known
  if known ~= "wait" and known ~= "active" and known ~= "paused" then
    in_set(known)
  end
else
  for _, name in ipairs({ "completed", "failed", "delayed", "prioritized" }) do
    if state == "" then
      in_set(name)
    end
  end
  for _, name in ipairs({ "active", "wait", "paused" }) do
    if state == "" then
      in_list(name)
    end
  end
  if state == "" then
    in_set("waiting-children")
  end
end

local kind = redis.call("TYPE", job).ok
local fields = kind == "hash" and redis.call("HLEN", job) or 0
local out = {
  kind,
  state,
  score,
  asked("PTTL", job .. ":lock") or -2,
  asked("LLEN", job .. ":logs") or 0,
  asked("SCARD", job .. ":dependencies") or 0,
  asked("HLEN", job .. ":processed") or 0,
  asked("HLEN", job .. ":failed") or 0,
  asked("ZCARD", job .. ":unsuccessful") or 0,
  unsure,
  fields,
}
if failure then
  return failure
end
if kind == "hash" then
  local names, own = {}, {}
  for f = 8, #ARGV do
    names[#names + 1] = ARGV[f]
    own[ARGV[f]] = true
  end
  if fields <= many then
    for _, name in ipairs(redis.call("HKEYS", job)) do
      if not own[name] then
        names[#names + 1] = name
      end
    end
  end
  for _, name in ipairs(names) do
    local size = redis.call("HSTRLEN", job, name)
    local value
    if size == 0 then
      value = redis.call("HGET", job, name)
    elseif size > readable or budget <= 0 then
      value = ""
    else
      value = string.sub(redis.call("HGET", job, name), 1, math.min(cap, budget))
    end
    if value then
      budget = budget - #value
      out[#out + 1] = name
      out[#out + 1] = size
      out[#out + 1] = value
    end
  end
end
return out
