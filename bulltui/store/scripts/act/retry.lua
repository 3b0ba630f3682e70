-- needs: queue, item, next, sweep
-- Finished jobs to run again (reference, 3.1). ARGV[5]: the state they were seen in, or ""; ARGV[6], [7]: "1" to reset
-- attempts, the stalled counter; ARGV[8]: spare what finished later (epoch ms), or ""; from ARGV[9] on which jobs, see
-- `sweep`. Unlike BullMQ up to 5 a priority is kept.
local reset_attempts, reset_stalled, not_after = ARGV[6] == "1", ARGV[7] == "1", tonumber(ARGV[8])
local ids = jobs_from(9, not_after)
local base, n = queue.base, #ids

-- When each job named finished, looked up for many at once where the server can (from Redis 6.2 on).
local function finished_in(state)
  local times = {}
  if sweep or (ARGV[5] ~= "" and ARGV[5] ~= state) then
    return times
  end
  for start = 1, n, 100 do
    local last = math.min(start + 99, n)
    local found = redis.pcall("ZMSCORE", base .. state, unpack(ids, start, last))
    for i = start, last do
      times[i] = found.err and call("ZSCORE", base .. state, ids[i]) or found[i - start + 1]
    end
  end
  return times
end
local completed, failed = finished_in("completed"), finished_in("failed")
local swept = sweep and ARGV[5]

-- All reads, then all writes, since a set and a list take many ids in one call.
local states, priorities, pushes, parents, seen = {}, {}, {}, {}, {}
for i = 1, n do
  local id = ids[i]
  local key = base .. id
  local state = swept or not seen[id] and (completed[i] and "completed" or failed[i] and "failed")
  local job = redis.pcall("HMGET", key, "priority", "opts", "parentKey")
  local priority = priority_of(job[1])
  local reason = (job.err or not job[2] or OWN[id]) and reason_of_key(queue, id)
  if not reason and not state then
    reason = "wrong-state"
  elseif not reason and not swept and not_after and tonumber(completed[i] or failed[i]) > not_after then
    reason = "undue"
  elseif not reason and priority > 0 and queue.layout == "v3" then
    reason = "priority"
  end
  local parent = not reason and job[3] and noted_at_parent(queue, key, job[3], state)
  if not reason and job[3] and parent == false then
    reason = "elsewhere"
  end
  statuses[i] = reason or ""
  if not reason then
    seen[id] = true
    states[i], priorities[i], pushes[i], parents[i] = state, priority, push_of(job[2]), parent
  end
  if i % 16 == 0 and is_late(0.4) then -- the writes take longer
    break
  end
end

sweep_comes_to(ids)
local left = { completed = {}, failed = {} }
local lists = { LPUSH = {}, RPUSH = {} }
local events, max_events = base .. "events", queue.max_events
for i = 1, #statuses do
  local state = states[i]
  if state then
    local id = ids[i]
    local key = base .. id
    call("HDEL", key, "finishedOn", "processedOn", state == "failed" and "failedReason" or "returnvalue")
    if reset_attempts then
      call("HDEL", key, "atm", "ats", "attemptsMade")
    end
    if reset_stalled then
      call("HDEL", key, "stc", "stalledCounter")
    end
    local leaving = left[state]
    leaving[#leaving + 1] = id
    if priorities[i] == 0 then
      local pushed = lists[pushes[i]]
      pushed[#pushed + 1] = id
    else
      enqueue(queue, id, priorities[i], pushes[i])
    end
    link_again(parents[i], key, state)
    call("XADD", events, "MAXLEN", "~", max_events, "*", "event", "waiting", "jobId", id, "prev", state)
  end
end
for state, some in pairs(left) do
  if #some > 0 then
    call("ZREM", base .. state, unpack(some))
  end
end
for push, some in pairs(lists) do
  if #some > 0 then
    call(push, waiting_list(queue), unpack(some))
    wake(queue)
  end
end
return answer_for(ids)
