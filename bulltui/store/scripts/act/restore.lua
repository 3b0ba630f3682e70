-- needs: queue, item, jobs, parents, put, line
-- Saved jobs back into the state they had, with the same ids, in the same order. ARGV[5]: how many, then for each:
-- id, state, score, id next to it towards the tail, digest of what may be overwritten or "", key and score of the parent
-- that waited for it, number of keys, number of keys beside it, and these keys (see lib/put). They are handled from the
-- last to the first, which in a list is from the tail on. Answers {statuses of the last ones, the last one first}.
--
-- What was active waits, since no worker runs it any more; where it is active still, it stays so. Only what will run
-- again is told as an event.
local NEAR = 1000 -- entries at both ends of a list in which an id is looked for before it is put there again

local jobs, at = {}, 6
for i = 1, tonumber(ARGV[5]) do
  local job = {
    id = ARGV[at], state = ARGV[at + 1], score = ARGV[at + 2], after = ARGV[at + 3], over = ARGV[at + 4],
    parent = ARGV[at + 5], parent_score = ARGV[at + 6], keys = {}, links = {}, key = queue.base .. ARGV[at],
  }
  local counts = { keys = tonumber(ARGV[at + 7]), links = tonumber(ARGV[at + 8]) }
  at = at + 9
  for _, which in ipairs({ "keys", "links" }) do
    for k = 1, counts[which] do
      job[which][k], at = read_saved(at)
    end
  end
  if job.state == "wait" or job.state == "paused" or job.state == "active" then
    job.list = true
  end
  jobs[i] = job
end

local listed = {}
for _, name in ipairs({ "wait", "paused", "active" }) do
  for _, from in ipairs({ 0, -NEAR }) do
    for _, id in ipairs(call("LRANGE", queue.base .. name, from, from + NEAR - 1)) do
      listed[id] = true
    end
  end
end

local function is_there(job)
  if listed[job.id] or call("EXISTS", job.key) == 1 then
    return true
  end
  for _, name in ipairs({ "completed", "failed", "delayed", "prioritized", "waiting-children" }) do
    if call("ZSCORE", queue.base .. name, job.id) then
      return true
    end
  end
  for _, side in ipairs(SIDES) do
    if call("EXISTS", job.key .. side[1]) == 1 then
      return true
    end
  end
  return false
end

-- What must be taken out first: nothing, or a job that is just what the saved one may be put over.
local function in_the_way(job)
  if not is_there(job) then
    return nil
  end
  local found = look(queue, job.id)
  if job.over == "" or found.reason or found.digest ~= job.over then
    return found, "exists"
  end
  job.stays = job.state == "active" and found.state == "active"
  if not job.stays and call("EXISTS", job.key .. ":lock") == 1 then
    return found, "locked"
  end
  return found
end

local function take_out(q, id, state, at_index)
  if at_index then
    call("LREM", q.base .. state, -1, id)
  elseif state ~= "" then
    call("ZREM", q.base .. state, id)
  end
end

local function clear(job, found)
  if not job.stays then
    take_out(queue, job.id, found.state, found.at)
  end
  call("DEL", job.key)
  for _, side in ipairs(SIDES) do
    call("DEL", job.key .. side[1])
  end
end

local function field_of(job, wanted)
  for _, saved in ipairs(job.keys) do
    for i = saved.from, saved.suffix == job.id and saved.kind == "hash" and saved.to or 0, 2 do
      if ARGV[i] == wanted then
        return ARGV[i + 1]
      end
    end
  end
end

-- The parent that shall wait for a job again: it still waits for others, or has not gone on since it was let go.
local function find_parent(job)
  if job.parent == "" or lacking(job.parent) or not is_free_or(job.parent, "hash")
    or call("EXISTS", job.parent) == 0 or not is_free_or(job.parent .. ":dependencies", "set") then
    return nil
  end
  local base, id = split_key(job.parent, field_of(job, "parent"))
  local q = base and open_other(base)
  if not q then
    return nil
  end
  local state, _, index = locate(q, id)
  local parent = { q = q, id = id, state = state, index = index }
  if state == "waiting-children" then
    parent.waits = true
  elseif job.parent_score ~= "" then
    local idle = (state == "wait" or state == "paused") and call("EXISTS", job.parent .. ":lock") == 0
    return idle and parent or nil
  elseif not state or state == "completed" or state == "failed" then
    return nil
  end
  return parent
end

local function link(job, parent)
  call("SADD", job.parent .. ":dependencies", job.key)
  if not parent.waits and job.parent_score ~= "" then
    take_out(parent.q, parent.id, parent.state, parent.index)
    call("ZADD", parent.q.base .. "waiting-children", job.parent_score, parent.id)
    emit(parent.q, "waiting-children", "jobId", parent.id)
  end
end

-- The parent that has taken a finished child for pending again, since the child was to run once more.
local function find_waiting_again(job)
  local key = field_of(job, "parentKey")
  if not queue.new or job.state ~= "completed" and job.state ~= "failed" or not key
    or redis.pcall("SISMEMBER", key .. ":dependencies", job.key) ~= 1 then
    return nil
  end
  return parent_of(key, field_of(job, "parent")) or nil
end

-- Notes at the parent how the child ended, as it was noted before.
local function note_end(job, parent)
  call("SREM", parent.key .. ":dependencies", job.key)
  local flags, reason = parent.flags, field_of(job, "failedReason") or ""
  if job.state == "completed" then
    call("HSET", parent.key .. ":processed", job.key, field_of(job, "returnvalue") or "null")
  elseif flags.fpof then
    call("ZADD", parent.key .. ":unsuccessful", job.score, job.key)
  elseif flags.cpof or flags.idof then
    call("HSET", parent.key .. ":failed", job.key, reason)
  end
  go_on_without_pending(parent)
end

-- A parent that comes back may wait for children that have ended without it.
local MOST_CHILDREN = 1000
local function settle(job)
  local pending = job.key .. ":dependencies"
  if call("SCARD", pending) > MOST_CHILDREN then
    return
  end
  for _, key in ipairs(call("SMEMBERS", pending)) do
    local base, id = split_key(key)
    local q = base and open_other(base)
    if q and is_free_or(key, "hash") then
      local child = call("HMGET", key, "returnvalue", "failedReason", "parentKey", "parent")
      if call("ZSCORE", q.base .. "completed", id) then
        call("SREM", pending, key)
        call("HSET", job.key .. ":processed", key, child[1] or "null")
        go_on_without_pending({ key = job.key, q = queue, id = job.id })
      elseif queue.new and call("ZSCORE", q.base .. "failed", id) then
        local parent = parent_of(child[3], child[4])
        if parent and parent.key == job.key then
          tell_parent(parent, key, {}, child[2] or "")
        end
      end
    end
  end
end

local function put_links(job)
  for _, saved in ipairs(job.links) do
    local key = queue.base .. saved.suffix
    if saved.suffix == "priority" then
      if is_free_or(key, "zset") then
        call("ZADD", key, "NX", ARGV[saved.from + 1], ARGV[saved.from])
      end
    elseif call("EXISTS", key) == 0 then
      put_saved(key, saved)
    end
  end
end

local waits, delays = false, false
local function restore(job)
  local found, reason = in_the_way(job)
  for _, saved in ipairs(job.keys) do
    reason = reason or is_lost(saved) and "large" or nil
  end
  if reason then
    return reason
  end
  local parent = find_parent(job)
  local waits_again = found and find_waiting_again(job)

  if found then
    clear(job, found)
  end
  for _, saved in ipairs(job.keys) do
    put_saved(queue.base .. saved.suffix, saved)
  end
  put_links(job)
  if job.stays then
    job.list = false
  elseif job.list then
    waits = true
  elseif job.state ~= "" then
    call("ZADD", queue.base .. job.state, job.score, job.id)
    waits = waits or job.state == "prioritized"
    delays = delays or job.state == "delayed"
  end
  if parent then
    link(job, parent)
  elseif waits_again then
    note_end(job, waits_again)
  end
  if job.state == "waiting-children" then
    settle(job)
  end
  if job.list or job.state == "prioritized" then
    emit(queue, "waiting", "jobId", job.id)
  elseif job.state == "delayed" then
    emit(queue, "delayed", "jobId", job.id, "delay", string.format("%.0f", math.floor(tonumber(job.score) / 4096)))
  end
  return job.parent ~= "" and not parent and "parent" or ""
end

local statuses, run = {}, nil
for i = #jobs, 1, -1 do
  local job = jobs[i]
  local status = restore(job)
  statuses[#statuses + 1] = status
  if job.list and (status == "" or status == "parent") then
    if run and job.after ~= run.first then
      put_run(run)
      run = nil
    end
    run = run or new_run(job)
    run.first = job.id
    table.insert(run.ids, 1, job.id)
  end
  if is_late() or run and run.is_deep and #run.ids >= DEEP_AT_ONCE then
    break
  end
end
if run then
  put_run(run)
end
if waits then
  wake_for_priority(queue)
end
if delays then
  wake_for_delayed(queue)
end
return { statuses }
