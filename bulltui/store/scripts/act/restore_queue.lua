-- needs: queue, jobs, put
-- Saved keys of a queue back (see lib/put), from ARGV[6] on. ARGV[5]: the layout where the queue's version does not tell
-- it, or "". What is there stays; fields and members that it lacks are
-- added. Counters go on from the higher number, so that no new job gets the id of one that was brought back. Answers
-- {statuses}: `exists` where nothing was lacking.
local COUNTERS = { id = true, pc = true }

local function put_string(key, saved)
  local value, there = ARGV[saved.from], call("GET", key)
  if there and not (COUNTERS[saved.suffix] and (whole(there) or 0) < (whole(value) or 0)) then
    return 0
  end
  put_saved(key, saved)
  return 1
end

local ADD = {
  hash = function(key, at) return call("HSETNX", key, ARGV[at], ARGV[at + 1]) end,
  set = function(key, at) return call("SADD", key, ARGV[at]) end,
  zset = function(key, at) return call("ZADD", key, "NX", ARGV[at + 1], ARGV[at]) end,
}

local function restore(saved)
  local key = queue.base .. saved.suffix
  local free, found = is_free_or(key, saved.kind)
  if not free then
    return "foreign"
  elseif saved.kind == "string" then
    return put_string(key, saved) == 1 and "" or "exists"
  elseif found == "none" then
    if saved.to >= saved.from then
      put_saved(key, saved)
    end
    return ""
  elseif saved.kind == "list" then
    return "exists"
  end
  local added = 0
  for at = saved.from, saved.to, WIDTH[saved.kind] or 1 do
    added = added + ADD[saved.kind](key, at)
  end
  return added > 0 and "" or "exists"
end

local statuses, at, delayed = {}, 6, false
while at <= #ARGV do
  local saved
  saved, at = read_saved(at)
  statuses[#statuses + 1] = restore(saved)
  delayed = delayed or saved.suffix == "delayed"
  if is_late() then
    break
  end
end
-- A worker that sleeps is told when the next job is due, in the way of its library; where nothing tells which that is it
-- looks by itself within seconds.
local version = delayed and call("HGET", queue.base .. "meta", "version")
local major = version and string.match(version, "^bullmq:(%d+)%.")
queue.layout = major and VERSIONS[major] or ARGV[5] ~= "" and ARGV[5] or nil
queue.new = queue.layout == "v5" or queue.layout == "v6"
if delayed and queue.layout then
  wake_for_delayed(queue)
end
return { statuses }
