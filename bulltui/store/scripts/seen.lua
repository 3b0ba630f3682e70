-- Entries of a queue's stream that are about a job, and the newest of some kinds that are about none, newest first.
-- KEYS[1]: the stream. ARGV: id of the job or "" for none, the entry to go back from, how many entries at most, how
-- many are wanted, for how many ms it may go on, then the kinds.
-- Answers {entries looked at, the entry to go back from or "" at the end, {id, kind, job, prev, job that was not added}
-- ...}. Only short parts of an entry come back: it may hold results of any size. An error as {err = ...}.
local stream, id, from = KEYS[1], ARGV[1], ARGV[2]
local most, wanted, budget = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local kinds = {}
for i = 6, #ARGV do
  kinds[ARGV[i]] = true
end

-- By the clock of the process where scripts have it: there TIME stands still within one (see lib/queue.lua).
local fine, process_clock = pcall(function()
  return os.clock
end)
local function clock()
  if fine and process_clock then
    return process_clock() * 1000
  end
  local time = redis.call("TIME")
  return tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end

local LONGEST = 1024
local KEPT = { event = 2, jobId = 3, prev = 4, deduplicatedJobId = 5 }
local function about(entry)
  local told = { entry[1], "", "", "", "" }
  local fields = entry[2]
  for i = 1, #fields, 2 do
    local at = KEPT[fields[i]]
    if at then
      told[at] = string.sub(fields[i + 1], 1, LONGEST)
    end
  end
  -- To a job that others were taken for nothing happened by that.
  local whom = told[5] ~= "" and told[5] or told[3]
  if kinds[told[2]] then
    kinds[told[2]] = nil
    return told
  elseif id ~= "" and whom == id then
    return told
  end
end

local began = clock()
local looked, width, found = 0, 1, {}
repeat
  local before = clock()
  local entries = redis.pcall("XREVRANGE", stream, from, "-", "COUNT", math.min(width, most - looked))
  if entries.err then
    return string.find(entries.err, "WRONGTYPE", 1, true) and { 0, "", {} } or entries
  end
  for _, entry in ipairs(entries) do
    local told = about(entry)
    if told and #found < wanted then
      found[#found + 1] = told
    end
  end
  looked = looked + #entries
  if #entries == 0 then
    from = ""
  else
    from = "(" .. entries[#entries][1]
  end
  -- Entries of any size: as many at once as half a millisecond allows.
  local took = clock() - before
  width = took < 0.25 and math.min(width * 2, 256) or took > 0.5 and math.max(1, math.floor(width / 2)) or width
until from == "" or looked >= most or #found >= wanted or clock() - began > budget
return { looked, from, found }
