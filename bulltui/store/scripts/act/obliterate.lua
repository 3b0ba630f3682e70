-- needs: queue, destroying
-- The keys of a queue itself to be gone, after its jobs (reference, 3.10). ARGV[5]: "1" where active jobs are no reason
-- to stop. Answers {status, schedulers left for the next call}. Unlike the libraries it leaves no job without a queue: as
-- long as there is one nothing is deleted, the status is `wrong-state` then.
local SCHEDULERS_AT_ONCE = 500
local jobs = 0
for _, name in ipairs({ "wait", "paused", "active" }) do
  local length = call("LLEN", queue.base .. name)
  for _, index in ipairs({ 0, -1 }) do -- at each end there may be a marker of BullMQ 3 and 4
    if length > 0 and is_marker(queue, call("LINDEX", queue.base .. name, index)) then
      length = length - 1
    end
  end
  if name == "active" and length > 0 and ARGV[5] ~= "1" then
    return { "active", 0 }
  end
  jobs = jobs + length
end
for _, name in ipairs({ "prioritized", "delayed", "waiting-children", "completed", "failed" }) do
  jobs = jobs + call("ZCARD", queue.base .. name)
end
if jobs > 0 then
  return { "wrong-state", 0 }
end

local set = queue.base .. "repeat"
local members = call("ZRANGE", set, 0, SCHEDULERS_AT_ONCE - 1)
if #members > 0 then
  for _, member in ipairs(members) do
    call("UNLINK", set .. ":" .. member)
  end
  call("ZREM", set, unpack(members))
  local left = call("ZCARD", set)
  if left > 0 then
    return { "", left }
  end
end
for _, name in ipairs({
  "events", "delay", "stalled-check", "stalled", "id", "pc", "marker", "limiter", "priority", "wait", "paused", "active",
  "metrics:completed", "metrics:completed:data", "metrics:failed", "metrics:failed:data", "meta",
}) do
  call("UNLINK", queue.base .. name)
end
return { "", 0 }
