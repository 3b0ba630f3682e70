-- needs: queue, item, jobs, checked
-- Jobs to another priority (reference, 3.12). ARGV[5]: the state they were seen in, or ""; ARGV[6]: the priority;
-- ARGV[7]: "1" before its equals; then for each job its id and the digest that it must have, or "".
-- Answers {statuses, {}, digests}. In a delayed, active or finished job it counts when it waits again.
local seen, priority, first = ARGV[5], tonumber(ARGV[6]), ARGV[7] == "1"

local function place(id)
  if priority > 0 and first then
    call("ZADD", queue.base .. "prioritized", priority * 0x100000000, id)
    wake_for_priority(queue)
  else
    enqueue(queue, id, priority, first and "RPUSH" or "LPUSH")
  end
end

each_checked(8, function(job)
  if seen ~= "" and job.state ~= seen then
    return "wrong-state"
  end
  if queue.layout == "v3" and (priority > 0 or priority_of(job.value.priority) > 0) then
    return "priority"
  end
  local key = queue.base .. job.state
  if job.state == "prioritized" then
    call("ZREM", key, job.id)
    place(job.id)
  elseif job.state == "wait" or job.state == "paused" then
    local nearer_to_tail = -job.at * 2 <= call("LLEN", key)
    call("LREM", key, nearer_to_tail and -1 or 1, job.id)
    place(job.id)
  end
  call("HSET", job.key, "priority", priority)
end)
return { statuses, {}, digests }
