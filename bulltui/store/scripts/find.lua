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
local passes = joined(
  listed(function()
    return joined(
      listed(function()
        return test_of(word(), word(), listed(number))
      end),
      true
    )
  end),
  false
)

local first, total, left
if in_list then
  first, total, left = of_list(key, ARGV[7], tonumber(ARGV[8]))
else
  first, total, left = of_set(key, ARGV[6], ARGV[7], ARGV[4], ARGV[5])
end
if not total then
  return first
end

local names = {}
for i, want in ipairs(wants) do
  names[i] = want.name
end

-- Since a large field would hold up the server, sizes are asked for before values: of few fields one by one, of more
-- by the memory of the whole hash, one question, and only of a large one field by field.
local can_weigh = true
local function fits(job)
  local memory = can_weigh and pcall_of("MEMORY", "USAGE", job, "SAMPLES", 0)
  can_weigh = type(memory) ~= "table"
  return can_weigh and memory and memory <= readable
end

-- An error that is no matter of one key.
local failure
local function nothing(error)
  if not find(error.err, "WRONGTYPE", 1, true) then
    failure = failure or error
  end
  return {}
end

-- The values of fields, false for those that are not there, and the sizes of those too large to be read. Nothing for a
-- key that is no hash.
local weight = 0
local function read_each(job, asked, values)
  local sizes
  for i = 1, #asked do
    local name = asked[i]
    local size = pcall_of("HSTRLEN", job, name)
    if type(size) == "table" then
      return nothing(size)
    end
    if size > readable then
      sizes = sizes or {}
      values[i], sizes[i] = TOO_LARGE, size
    else
      values[i] = call("HGET", job, name)
      weight = weight + size
    end
  end
  return values, sizes
end
local function read(job, asked, values)
  if #asked < 3 or not fits(job) then
    return read_each(job, asked, values)
  end
  weight = weight + 512
  values = pcall_of("HMGET", job, unpack(asked))
  if values.err then
    return nothing(values)
  end
  return values
end

local function row_of(id)
  local row = { id, not in_list and call("ZSCORE", key, id) or false }
  local values, sizes = read(base .. id, names, {})
  local cut = {}
  for w, want in ipairs(wants) do
    local value = values[w] or false
    local size = value == TOO_LARGE and sizes[w] or value and #value
    if value == TOO_LARGE or value and size > want.size then
      cut[#cut + 1] = w
      cut[#cut + 1] = size
      value = value ~= TOO_LARGE and (want.tail and sub(value, size - want.size + 1) or sub(value, 1, want.size)) or ""
    end
    room = room - (value and #value or 0)
    row[w + 2] = value
  end
  row[#wants + 3] = cut
  return row
end

local found, unread, jobs = {}, {}, 0
local read_few, values = #fields < 3 and read_each or read, {}

-- Looks at one job.
local function look_at(id)
  jobs = jobs + 1
  local passed = passes(read_few(base .. id, fields, values), id)
  if passed then
    found[#found + 1] = row_of(id)
  elseif passed == nil then
    unread[#unread + 1] = id
  end
end

-- The ids are fetched some at a time, since it is not known for how many there is time.
local verb = in_list and "LRANGE" or "ZREVRANGE"
local todo, seen, last = math.min(left, limit), 0, nil
local next_look, next_weight, is_over = 16, 65536, false
while seen < todo and not is_over do
  local ids = call(verb, key, first + seen, first + math.min(seen + 256, todo) - 1)
  for i = 1, #ids do
    last = ids[i]
    seen = seen + 1
    if not in_list or not is_marker(last) then
      look_at(last)
    end
    is_over = failure or room <= 0 or #found >= most
    if not is_over and (seen >= next_look or weight > next_weight) then
      is_over = clock() - began > budget
      next_look, next_weight = seen + 16, weight + 65536
    end
    if is_over then
      break
    end
  end
end
if failure then
  return failure
end

left = left - seen
if left <= 0 or not last then
  return { jobs, total, false, false, false, found, unread }
end
return { jobs, total, not in_list and call("ZSCORE", key, last) or "", last, left, found, unread }
