-- needs: next
-- Looks through a part of a state, the newest first, for jobs that pass a filter (domain/scan.py says what each word
-- means).
-- KEYS[1]: the list or sorted set. ARGV: start of the job keys, "list" or "zset", how many entries at most, the lowest
-- and the highest score, score and member of the entry to go on behind ("" for none), how many entries are left of a
-- list (-1: all), for how many ms this may go on to the next job, how many bytes of values it answers before it
-- stops, above which size a field is not read, above which size it is not lowered or matched by a pattern. Then three
-- lists, each after its length: the fields that tests look at; the fields wanted, each with its cap and "1" for its
-- end; the clauses, each a list of tests: kind, text, and a list of places among the fields, 0 for the id.
-- Answers {entries looked at, jobs of them, jobs in all, score, member and entries left to go on behind (false at the
-- end), jobs that passed, ids not looked into}. A job that passed is {id, score or false, then for each field wanted
-- its size and its value, both false where it is not there}. An error as {err = ...}.
local call, pcall_of, find, lower, sub = redis.call, redis.pcall, string.find, string.lower, string.sub
local key, base, kind, limit = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local low, high, score, member, left = ARGV[4], ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local budget_ms, budget, readable, easy = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])

local at = 12
local function word()
  at = at + 1
  return ARGV[at]
end
local function listed(one)
  local out = {}
  for i = 1, tonumber(word()) do
    out[i] = one()
  end
  return out
end

-- As in lib/queue.lua: os.clock where scripts have it, since TIME may stand still within one.
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

-- A number as it is written in decimals; anything else counts as 0, as does nothing.
local function number_of(text)
  local plain = text and #text <= 40 and find(text, "^[+-]?%d+%.?%d*[eE]?[+-]?%d*$") and tonumber(text)
  return plain or 0
end
local COMPARED = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
  ["="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
}

-- Each answers true or false for a value (nil where the field is not there), or nil for "only the client can tell".
local TESTS = {
  has = function(text)
    return function(value) return value and find(value, text, 1, true) ~= nil or false end
  end,
  fold = function(text)
    return function(value)
      if not value then
        return false
      end
      if #value > easy then
        return nil
      end
      return find(lower(value), text, 1, true) ~= nil
    end
  end,
  pattern = function(text)
    return function(value)
      if not value then
        return false
      end
      if #value > easy then
        return nil
      end
      return find(value, text) ~= nil
    end
  end,
  equal = function(text)
    return function(value) return value == text end
  end,
  number = function(text)
    local operator, bound = string.match(text, "^([<>=!]+)(.*)$")
    local compares = COMPARED[operator]
    bound = tonumber(bound)
    return function(value) return compares(number_of(value), bound) end
  end,
  present = function()
    return function(value) return value ~= nil end
  end,
}

local fields = listed(word)
local wants = listed(function()
  return { name = word(), cap = tonumber(word()), tail = word() == "1" }
end)
local clauses = listed(function()
  return listed(function()
    local test = { kind = word() }
    test.holds = TESTS[test.kind](word())
    test.places = listed(function()
      return tonumber(word())
    end)
    return test
  end)
end)
local place_of = {}
for i, name in ipairs(fields) do
  place_of[name] = i
end

-- The entries to look at, how many jobs there are in all between the bounds, and from which index on.
local ids, total, first
if kind == "list" then
  local length = pcall_of("LLEN", key)
  if type(length) == "table" then
    return length
  end
  total = length
  for _, index in ipairs({ 0, -1 }) do
    local entry = length > 1 and call("LINDEX", key, index)
    if entry and sub(entry, 1, 2) == "0:" then
      total = total - 1
    end
  end
  left = left < 0 and length or math.min(left, length)
  first = length - left
  -- What someone put at the end that workers take from moved the rest away from it: go on behind the last one seen.
  if first > 0 and member ~= "" and call("LINDEX", key, first - 1) ~= member then
    local from = math.max(0, first - 500)
    for i, entry in ipairs(call("LRANGE", key, from, first + 499)) do
      if entry == member then
        first = from + i
        break
      end
    end
  end
  ids = call("LRANGE", key, first, first + limit - 1)
  left = length - first
else
  total = pcall_of("ZCOUNT", key, low, high)
  if type(total) == "table" then
    return total
  end
  local higher = high == "+inf" and 0 or call("ZCOUNT", key, "(" .. high, "+inf")
  first = higher
  if score ~= "" then
    if tonumber(call("ZSCORE", key, member) or "nan") == tonumber(score) then
      first = call("ZREVRANK", key, member) + 1
    else
      first = call("ZCARD", key) - rank_behind(key, score, member)
    end
  end
  left = higher + total - first
  ids = left > 0 and call("ZREVRANGE", key, first, first + math.min(limit, left) - 1) or {}
end

-- The job's fields that tests look at: their values, and their sizes where they are too large to be read.
local width = #fields
local values, sizes = {}, {}
local read_bytes = 0
local function read(job)
  local any = 0
  for i = 1, width do
    values[i], sizes[i] = nil, nil
    local size = pcall_of("HSTRLEN", job, fields[i])
    if type(size) == "table" then
      if not find(size.err, "WRONGTYPE", 1, true) then
        return size
      end
      return nil
    end
    if size > readable then
      sizes[i] = size
    else
      any = any + size
    end
  end
  read_bytes = read_bytes + any
  if any == 0 and width > 0 then
    for i = 1, width do
      if not sizes[i] and call("HEXISTS", job, fields[i]) == 1 then
        values[i] = ""
      end
    end
    return nil
  end
  for i = 1, width do
    if not sizes[i] then
      values[i] = call("HGET", job, fields[i]) or nil
    end
  end
end

-- Whether a job passes: true, false, or nil where a field that decides is too large.
local function passes(id)
  local unread = false
  for c = 1, #clauses do
    local clause = clauses[c]
    local holds, unknown = false, false
    for t = 1, #clause do
      local test = clause[t]
      for p = 1, #test.places do
        local place = test.places[p]
        if place > 0 and sizes[place] then
          if test.kind == "present" then
            holds = true
          else
            unknown = true
          end
        else
          local found = test.holds(place == 0 and id or values[place])
          if found == nil or found then
            holds = true
          end
        end
        if holds then
          break
        end
      end
      if holds then
        break
      end
    end
    if not holds then
      if not unknown then
        return false
      end
      unread = true
    end
  end
  if unread then
    return nil
  end
  return true
end

local function wanted(job, row)
  for w = 1, #wants do
    local want = wants[w]
    local place = place_of[want.name]
    local size, value = place and sizes[place], place and values[place]
    if not place then
      size = pcall_of("HSTRLEN", job, want.name)
      if type(size) == "table" then
        size = false
      elseif size <= readable then
        value = call("HGET", job, want.name)
        read_bytes = read_bytes + size
      end
    elseif value then
      size = #value
    end
    if value and #value > want.cap then
      value = want.tail and sub(value, -want.cap) or sub(value, 1, want.cap)
      value = want.cap > 0 and value or ""
    end
    if size and size > 0 and not value then
      value = ""
    end
    row[#row + 1] = value and size or false
    row[#row + 1] = value or false
    budget = budget - (value and #value or 0)
  end
  return row
end

local found, unread = {}, {}
local seen, jobs, next_look, bytes_seen = 0, 0, 16, 0
for i = 1, #ids do
  local id = ids[i]
  seen = i
  if kind ~= "list" or sub(id, 1, 2) ~= "0:" then
    jobs = jobs + 1
    local job = base .. id
    local failure = read(job)
    if failure then
      return failure
    end
    local passed = passes(id)
    if passed then
      found[#found + 1] = wanted(job, { id, kind == "zset" and call("ZSCORE", key, id) or false })
    elseif passed == nil then
      unread[#unread + 1] = id
    end
  end
  if budget <= 0 then
    break
  end
  if i >= next_look or read_bytes - bytes_seen > 65536 then
    if clock() - began > budget_ms then
      break
    end
    next_look, bytes_seen = i + 16, read_bytes
  end
end

local rest = left - seen
if rest <= 0 then
  return { seen, jobs, total, false, false, false, found, unread }
end
local last = ids[seen]
return { seen, jobs, total, kind == "zset" and call("ZSCORE", key, last) or "", last, rest, found, unread }
