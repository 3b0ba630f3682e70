-- needs: clock, next, walk, filter
-- Looks through a part of a state, the newest first, for jobs that pass a filter.
-- KEYS[1]: the list or sorted set. ARGV: start of the job keys, "list" or "zset", how many entries at most, the lowest
-- and the highest score, score and member of the entry to go on behind ("" for none), how many entries are left of a
-- list (-1: all), for how many ms this goes on to the next job, how many jobs that pass and how many bytes of them it
-- answers before it stops, above which size a field is not read. Then three lists, each after its length: the fields
-- that tests look at; the fields wanted, each with how many bytes and "1" for its end; the clauses, each a list of
-- tests: kind, text, and the list of places among the fields, 0 for the id.
-- Answers {jobs looked at, jobs in all, score, member and entries left to go on behind (false at the end), jobs that
-- passed, ids that were not looked into}. A job that passed is {id, score or false, for each field wanted its value or
-- false, for those of which not all is there their places and sizes}. An error as {err = ...}.
local call, pcall_of = redis.call, redis.pcall
local key, base, in_list, limit = KEYS[1], ARGV[1], ARGV[2] == "list", tonumber(ARGV[3])
local budget, most, room, readable = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])

local at = 12
local function word()
  at = at + 1
  return ARGV[at]
end
local function number()
  return tonumber(word())
end
local function listed(one)
  local out = {}
  for i = 1, number() do
    out[i] = one()
  end
  return out
end
local fields = listed(word)
local wants = listed(function()
  return { name = word(), size = number(), tail = word() == "1" }
end)
local clauses = listed(function()
  return listed(function()
    return { kind = word(), text = word(), places = listed(number) }
  end)
end)
local passes = filter_of(clauses)

local first, total, left
if in_list then
  first, total, left = of_list(key, ARGV[7], tonumber(ARGV[8]))
else
  first, total, left = of_set(key, ARGV[6], ARGV[7], ARGV[4], ARGV[5])
end
if not total then
  return first
end

local place_of, others, place_of_other = {}, {}, {}
for i, name in ipairs(fields) do
  place_of[name] = i
end
for w, want in ipairs(wants) do
  if not place_of[want.name] then
    others[#others + 1] = want.name
    place_of_other[w] = #others
  end
end

-- An error that is no matter of one key.
local failure
local function nothing(error)
  if not find(error.err, "WRONGTYPE", 1, true) then
    failure = failure or error
  end
  return {}
end

-- Whether a large job comes so late in a call that it has to wait for the next one.
local jobs, weight, must_wait = 0, 0, false
local function is_too_much(size)
  must_wait = must_wait or size > EASY and jobs > 0 and clock() - began > budget / 4
  return must_wait
end

-- The values of fields, false for those that are not there, and the sizes of those too large to be read, by themselves
-- or together with those before. Nothing for a key that is no hash. Since a large field would hold up the server, sizes
-- are asked for before values.
local function read_each(job, asked, values)
  local sizes
  local all = 0
  for i = 1, #asked do
    local name = asked[i]
    local size = pcall_of("HSTRLEN", job, name)
    if type(size) == "table" then
      return nothing(size)
    end
    all = all + size
    if all > readable and size > 0 then
      all = all - size
      sizes = sizes or {}
      values[i], sizes[i] = TOO_LARGE, size
    elseif size > EASY and is_too_much(size) then
      return values
    else
      values[i] = call("HGET", job, name)
    end
  end
  weight = weight + all
  return values, sizes
end

-- Whether a hash is so small that all of it may be read, by its memory: one question for many fields. Of a hash with more
-- fields than are looked at the answer is a guess, but no smaller than LIGHT.
local SAMPLES, LIGHT = 2000, 32000
local can_weigh = true
local function is_light(job)
  local memory = can_weigh and pcall_of("MEMORY", "USAGE", job, "SAMPLES", SAMPLES)
  if type(memory) == "table" then
    can_weigh = false
    memory = false
  end
  weight = weight + (memory or 0)
  return memory and memory < LIGHT
end
local function read_many(job, asked, values)
  if not is_light(job) then
    return read_each(job, asked, values)
  end
  local found = pcall_of("HMGET", job, unpack(asked))
  if found.err then
    return nothing(found)
  end
  return found
end
local function reader_of(asked)
  return #asked < 2 and read_each or read_many
end

-- Most jobs are no match, and of most of these one test tells it: what is sorted out by it needs no closer look. Of keys
-- from a place on the function tells the place of the first that does need one, behind `to` where none does, and how
-- many bytes were read; it ends early where these are many. It has a loop of its own, since in this loop all the time is
-- spent, and it breaks at a key that is no hash.
local MANY_BYTES = 65536
local function sorting_out(test)
  local check, quick = CHECKS[test.kind](test.text)
  local asked = {}
  for i, place in ipairs(test.places) do
    asked[i] = fields[place]
  end
  local field = asked[1]
  if #asked == 1 and quick and #test.text > 0 then
    return function(keys, from, to)
      local call, quick, field, most, bytes = call, quick, field, EASY, 0
      for i = from, to do
        local job = keys[i]
        local size = call("HSTRLEN", job, field)
        -- What is empty, or not there, has no text.
        if size > most or size > 0 and quick(call("HGET", job, field)) then
          return i, bytes
        end
        bytes = bytes + size
        if bytes > MANY_BYTES then
          return i + 1, bytes
        end
      end
      return to + 1, bytes
    end
  elseif #asked == 1 then
    return function(keys, from, to)
      local call, check, field, most, bytes = call, check, field, EASY, 0
      for i = from, to do
        local job = keys[i]
        local size = call("HSTRLEN", job, field)
        if size > most or check(call("HGET", job, field)) then
          return i, bytes
        end
        bytes = bytes + size
        if bytes > MANY_BYTES then
          return i + 1, bytes
        end
      end
      return to + 1, bytes
    end
  end
  local some = #asked
  return function(keys, from, to)
    local bytes = 0
    for i = from, to do
      local job = keys[i]
      local memory = call("MEMORY", "USAGE", job, "SAMPLES", SAMPLES)
      if not memory or memory >= LIGHT then
        return i, bytes
      end
      local values = call("HMGET", job, unpack(asked))
      for f = 1, some do
        if check(values[f]) then
          return i, bytes
        end
      end
      bytes = bytes + memory
      if bytes > MANY_BYTES then
        return i + 1, bytes
      end
    end
    return to + 1, bytes
  end
end
local sieve = sieve_of(clauses)
local sort_out = sieve and sorting_out(sieve)

local read, read_others = reader_of(fields), reader_of(others)
local found, unread, values = {}, {}, {}

local function row_of(id, job, tested, tested_sizes)
  local row = { id, not in_list and call("ZSCORE", key, id) or false }
  local more, more_sizes = read_others(job, others, {})
  local cut = {}
  for w, want in ipairs(wants) do
    local place, from, sizes = place_of[want.name], tested, tested_sizes
    if not place then
      place, from, sizes = place_of_other[w], more, more_sizes
    end
    local value = from[place] or false
    local size = value == TOO_LARGE and sizes[place] or value and #value
    if value == TOO_LARGE or value and size > want.size then
      cut[#cut + 1] = w
      cut[#cut + 1] = size
      value = value ~= TOO_LARGE and (want.tail and sub(value, size - want.size + 1) or sub(value, 1, want.size)) or ""
    end
    room = room - (value and #value or 0)
    row[w + 2] = value
  end
  room = room - #id
  row[#wants + 3] = cut
  return row
end

-- Looks at one job. It answers whether this is enough for one call.
local function look_at(id, job)
  local tested, sizes = read(job, fields, values)
  local passed = passes(tested, id)
  local row = passed and not must_wait and row_of(id, job, tested, sizes)
  if must_wait then
    return true
  elseif passed then
    found[#found + 1] = row
  elseif passed == nil then
    unread[#unread + 1] = id
  end
  jobs = jobs + 1
  return failure or room <= 0 or #found >= most
end

-- The ids are fetched some at a time, since it is not known for how many there is time, nor how large they are: a single
-- one to begin with. To ask for all of their keys at once saves a tenth of the time: the processor fetches several from
-- memory together, and then they are near.
local AT_ONCE = 128
local todo, seen, last = math.min(left, limit), 0, nil
local at_once = 1
local function fetched()
  local from, bytes = first + seen, 1
  local ids, keys = call(in_list and "LRANGE" or "ZREVRANGE", key, from, from + math.min(at_once, todo - seen) - 1), {}
  for i = 1, #ids do
    keys[i] = base .. ids[i]
    bytes = bytes + #ids[i]
  end
  if #fields > 0 and #keys > 1 then
    pcall_of("EXISTS", unpack(keys))
  end
  weight = weight + bytes
  at_once = math.max(1, math.min(AT_ONCE, at_once * 16, math.floor(MANY_BYTES * #ids / bytes)))
  return ids, keys
end

-- After how many jobs one looks at the clock: fewer where there is much to test of each.
local tests = 0
for _, clause in ipairs(clauses) do
  for _, test in ipairs(clause) do
    tests = tests + #test.places
  end
end
local STRIDE = math.max(1, math.min(64, math.floor(512 / math.max(1, tests))))
local next_look, next_weight, is_over = STRIDE, MANY_BYTES, false

local function is_time()
  if seen < next_look and weight <= next_weight then
    return false
  end
  next_look, next_weight = seen + STRIDE, weight + MANY_BYTES
  return clock() - began > budget
end

-- How many of some jobs from a place on need no closer look, up to the next look at the clock.
local function sorted_out(ids, keys, from)
  local to = math.min(#ids, from + next_look - seen - 1)
  local fine, place, bytes = pcall(sort_out, keys, from, to)
  if not fine then
    return 0
  end
  weight = weight + bytes
  return place - from
end

while seen < todo and not is_over do
  local ids, keys = fetched()
  is_over = #ids == 0
  local i = 1
  while i <= #ids and not is_over do
    local out = sort_out and sorted_out(ids, keys, i) or 0
    if out > 0 then
      jobs = jobs + out
      if in_list then
        for m = i, i + out - 1 do
          jobs = jobs - (is_marker(ids[m]) and 1 or 0)
        end
      end
      i, seen = i + out, seen + out
      last = ids[i - 1]
      is_over = is_time()
    end
    if i <= #ids and not is_over and (out == 0 or seen < next_look) then
      if not in_list or not is_marker(ids[i]) then
        is_over = look_at(ids[i], keys[i])
      end
      if not must_wait then
        last = ids[i]
        i, seen = i + 1, seen + 1
        is_over = is_over or is_time()
      end
    end
  end
end
if failure then
  return failure
end

left = left - seen
if left <= 0 then
  return { jobs, total, false, false, false, found, unread }
end
return { jobs, total, not in_list and call("ZSCORE", key, last) or "", last, left, found, unread }
