-- needs: queue, item
-- Finished jobs to run again (reference, 3.1). ARGV[5]: the state they were seen in, or ""; ARGV[6],
-- [7]: "1" to reset attempts, the stalled counter; ARGV[8]: spare what finished later (epoch ms), or ""; then ids.
-- Answers {statuses}. Unlike BullMQ up to 5 a priority is kept.
local reset_attempts, reset_stalled, not_after = ARGV[6] == "1", ARGV[7] == "1", tonumber(ARGV[8])

local function state_of(id)
  for _, state in ipairs({ "completed", "failed" }) do
    local finished = (ARGV[5] == "" or ARGV[5] == state) and call("ZSCORE", queue.base .. state, id)
    if finished then
      return state, tonumber(finished)
    end
  end
end

each_id(9, function(id, key)
  local state, finished = state_of(id)
  if not state then
    return "wrong-state"
  end
  if not_after and finished > not_after then
    return "undue"
  end
  local job = call("HMGET", key, "priority", "opts", "parentKey")
  local priority = priority_of(job[1])
  if priority > 0 and queue.layout == "v3" then
    return "priority"
  end
  local push = push_of(job[2])
  local parent = noted_at_parent(queue, key, job[3], state)

  call("ZREM", queue.base .. state, id)
  call("HDEL", key, "finishedOn", "processedOn", state == "failed" and "failedReason" or "returnvalue")
  if reset_attempts then
    call("HDEL", key, "atm", "ats", "attemptsMade")
  end
  if reset_stalled then
    call("HDEL", key, "stc", "stalledCounter")
  end
  enqueue(queue, id, priority, push)
  link_again(parent, key, state)
  emit(queue, "waiting", "jobId", id, "prev", state)
end)
return { statuses }
