-- needs: queue, item
-- Delayed jobs to run now (reference, 3.3). ARGV[5]: "1" for the next runs of schedulers too; ARGV[6]: spare what was
-- created later (epoch ms), or ""; then ids. Answers {statuses}.
local scheduled, not_after = ARGV[5] == "1", tonumber(ARGV[6])

each_id(7, function(id, key)
  if not call("ZSCORE", queue.base .. "delayed", id) then
    return "wrong-state"
  end
  local job = call("HMGET", key, "priority", "rjk", "timestamp")
  if not_after and (whole(job[3]) or 0) > not_after then
    return "undue"
  end
  if not scheduled and is_armed(queue, id, job[2]) then
    return "scheduler-owned"
  end
  local priority = priority_of(job[1])
  if priority > 0 and queue.layout == "v3" then
    return "priority"
  end

  call("ZREM", queue.base .. "delayed", id)
  drop_marker(waiting_list(queue))
  enqueue(queue, id, priority, "LPUSH")
  emit(queue, "waiting", "jobId", id, "prev", "delayed")
  call("HSET", key, "delay", 0)
end)
return { statuses }
