-- A page of the jobs of one state, each with the fields a list shows, read at one instant.
-- KEYS[1]: the list or sorted set. ARGV: start of the job keys, "list" or "zset", index of the first job, how many,
-- "1" for oldest first, id and index of an anchor ("" for none), "1" to look for locks, how many bytes of values at
-- most, how large a field may be to be read at all, then field names, each with how many bytes of it are wanted.
-- Answers {how many jobs in all, index of the first job, rows}. A row is {id, score or false, 1 has a hash, 0 has
-- none, 2 is no hash, ttl of the lock in ms, then for each field its size and its (start of the) value}.
-- An error as {err = ...}.
local key, base, kind = KEYS[1], ARGV[1], ARGV[2]
local start, limit, oldest = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == "1"
local anchor, anchored_at = ARGV[6], tonumber(ARGV[7])
local locks, budget, readable = ARGV[8] == "1", tonumber(ARGV[9]), tonumber(ARGV[10])

local function is_marker(id)
  return id and string.sub(id, 1, 2) == "0:"
end

-- Where in the list the anchor is now. Near its end of the list it is looked for from there; deep inside only around
-- where it was, further to the side to which new entries and finished ones push it, so that no call is long.
local NEAR, AHEAD, BEHIND = 3000, 4500, 500
local function find_anchor(low, high)
  if anchored_at <= NEAR then
    local found = redis.pcall("LPOS", key, anchor, "RANK", oldest and -1 or 1, "MAXLEN", anchored_at + AHEAD)
    return type(found) == "number" and found -- LPOS came with Redis 6.0.6; without it there are no anchors
  end
  local at = oldest and (high - anchored_at) or (low + anchored_at)
  local first = math.max(0, at - BEHIND)
  for i, id in ipairs(redis.call("LRANGE", key, first, math.max(0, at + AHEAD))) do
    if id == anchor then
      return first + i - 1
    end
  end
end

local total, ids, scores = 0, {}, {}
if kind == "list" then
  local length = redis.pcall("LLEN", key)
  if type(length) == "table" then
    return length
  end
  -- BullMQ 3 and 4 keep a marker at an end of the list, which is no job. One within it is left to the reader.
  local low, high = 0, length - 1
  if length > 0 and is_marker(redis.call("LINDEX", key, 0)) then
    low = 1
  end
  if high > low and is_marker(redis.call("LINDEX", key, -1)) then
    high = high - 1
  end
  total = high - low + 1
  if anchor ~= "" then
    local found = find_anchor(low, high)
    if found then
      start = start + ((oldest and (high - found) or (found - low)) - anchored_at)
    end
  end
  start = math.max(0, start)
  if start < total and limit > 0 then
    local first, last
    if oldest then
      last = high - start
      first = math.max(low, last - limit + 1)
    else
      first = low + start
      last = math.min(high, first + limit - 1)
    end
    local found = redis.call("LRANGE", key, first, last)
    for i = 1, #found do
      ids[i] = found[oldest and (#found - i + 1) or i]
      scores[i] = false
    end
  end
else
  total = redis.pcall("ZCARD", key)
  if type(total) == "table" then
    return total
  end
  if anchor ~= "" then
    local rank = redis.call(oldest and "ZRANK" or "ZREVRANK", key, anchor)
    if rank then
      start = start + (rank - anchored_at)
    end
  end
  start = math.max(0, start)
  local found = {}
  if limit > 0 then
    found = redis.call(oldest and "ZRANGE" or "ZREVRANGE", key, start, start + limit - 1, "WITHSCORES")
  end
  for i = 1, #found, 2 do
    ids[#ids + 1] = found[i]
    scores[#scores + 1] = found[i + 1]
  end
end

local rows = {}
for i, id in ipairs(ids) do
  local job = base .. id
  local row = { id, scores[i], 1, locks and redis.call("PTTL", job .. ":lock") or -2 }
  local any = false
  for f = 11, #ARGV, 2 do
    local size = redis.pcall("HSTRLEN", job, ARGV[f])
    if type(size) == "table" then
      if not string.find(size.err, "WRONGTYPE", 1, true) then
        return size
      end
      row[3] = 2
      break
    end
    local value = ""
    if size > 0 then
      any = true
      local wanted = math.min(tonumber(ARGV[f + 1]), budget)
      if wanted > 0 and size <= readable then
        value = redis.call("HGET", job, ARGV[f]) or ""
        if size > wanted then
          value = string.sub(value, 1, wanted)
        end
        budget = budget - #value
      end
    end
    row[#row + 1] = size
    row[#row + 1] = value
  end
  if not any and row[3] == 1 and redis.call("EXISTS", job) == 0 then
    row[3] = 0
  end
  rows[i] = row
end
return { total, start, rows }
