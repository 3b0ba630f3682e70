-- The next entries of a state, the newest first, from where one is on. Comes after `next`.

-- BullMQ 3 and 4 keep entries in lists that are no jobs.
local function is_marker(id)
  return id and string.sub(id, 1, 2) == "0:"
end

-- Of a list: from which index on, how many jobs there are, and how many entries are left from there on. One is behind
-- `member` with `left` entries to go (-1: at the start), counted from the end that workers take from.
local function of_list(key, member, left)
  local length = redis.pcall("LLEN", key)
  if type(length) == "table" then
    return length
  end
  local total = length
  for _, index in ipairs(length > 0 and { 0, length > 1 and -1 or nil } or {}) do
    if is_marker(redis.call("LINDEX", key, index)) then
      total = total - 1
    end
  end
  local first = left < 0 and 0 or math.max(0, length - left)
  -- What someone put at that end moved the rest away from it: one goes on behind the last one seen.
  if first > 0 and redis.call("LINDEX", key, first - 1) ~= member then
    local span = math.max(1, math.min(500, math.floor(65536 / (#member + 1))))
    local from = math.max(0, first - span)
    local at
    for i, entry in ipairs(redis.call("LRANGE", key, from, first + span - 1)) do
      if entry == member then
        at = from + i
        break
      end
    end
    -- Long after, much may have moved; LPOS may not be allowed.
    for _, rank in ipairs({ 1, -1 }) do
      local found = not at and #member < 1024 and redis.pcall("LPOS", key, member, "RANK", rank, "MAXLEN", 50000)
      at = at or type(found) == "number" and found + 1 or nil
    end
    first = at or first
  end
  return first, total, length - first
end

-- The same of a sorted set, its scores from `low` to `high`, behind a score ("" at the start) and its member.
local function of_set(key, score, member, low, high)
  local total = redis.pcall("ZCOUNT", key, low, high)
  if type(total) == "table" then
    return total
  end
  local higher = high == "+inf" and 0 or redis.call("ZCOUNT", key, "(" .. high, "+inf")
  local first = higher
  if score ~= "" then
    local found = redis.call("ZSCORE", key, member)
    if found and tonumber(found) == tonumber(score) then
      first = redis.call("ZREVRANK", key, member) + 1
    else
      first = redis.call("ZCARD", key) - rank_behind(key, score, member)
    end
  end
  return first, total, higher + total - first
end
