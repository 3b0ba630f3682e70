-- needs: queue, item, next, sweep
-- Delayed jobs to run now (reference, 3.3). ARGV[5]: `delayed`; ARGV[6]: "1" for the next runs of schedulers too;
-- ARGV[7]: spare what was created later (epoch ms), or ""; from ARGV[8] on which jobs, see `sweep`.
local scheduled, not_after = ARGV[6] == "1", tonumber(ARGV[7])
local ids = jobs_from(8)

local function promote(id, key)
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
  drop_marker(queue, waiting_list(queue))
  enqueue(queue, id, priority, "LPUSH")
  emit(queue, "waiting", "jobId", id, "prev", "delayed")
  call("HSET", key, "delay", 0)
  return ""
end

-- Where a sweep goes on is told by the score of its last job, which has left the state then.
local score
for i, id in ipairs(ids) do
  score = sweep and call("ZSCORE", sweep.key, id)
  statuses[i] = reason_of_key(queue, id) or promote(id, queue.base .. id)
  if is_late() then
    break
  end
end
if sweep and score and (#statuses < #ids or not sweep.ended) then
  sweep.score, sweep.member = score, ids[#statuses]
end
return answer_for(ids)
