-- needs: queue, item, new, dedup, parents
-- Active jobs that no worker holds any more to failed (reference, 3.16), whatever attempts they have left. ARGV[5]: the
-- reason; then ids. Answers {statuses}. Other jobs stay, whatever `removeOnFail` says, and so do the metrics.
local reason = ARGV[5]

-- The job that was to come after this one, kept under its deduplication id.
local function start_next(dedup)
  local kept = call("HMGET", dedup.next, "name", "data", "opts", "jid", "rjk", "pk", "pd", "pdk")
  if not kept[1] then
    return
  end
  local number = call("INCR", queue.base .. "id")
  local opts = decoded(kept[3])
  local job = { id = kept[4] or string.format("%.0f", number), name = kept[1], data = kept[2] or "{}" }
  job.opts, job.how, job.created = kept[3] or "{}", how_of(opts, number), now
  local further = { "deid", dedup.id }
  for field, value in pairs({ rjk = kept[5], parentKey = kept[6], parent = kept[7] }) do
    if value then
      further[#further + 1] = field
      further[#further + 1] = value
    end
  end
  stand_for(dedup_of(queue, opts) or dedup, job.id)
  store(queue, job, further)
  start(queue, job)
  if kept[8] and is_free_or(kept[8], "set") then
    call("SADD", kept[8], queue.base .. job.id)
  end
  call("DEL", dedup.next)
end

each_id(6, function(id, key)
  if call("EXISTS", key .. ":lock") == 1 then
    return "locked"
  end
  if not is_free_or(key .. ":dependencies", "set") then
    return "foreign"
  end
  if not queue.new and call("SCARD", key .. ":dependencies") > 0 then
    return "children"
  end
  local job = call("HMGET", key, "opts", "atm", "attemptsMade", "deid", "parentKey", "parent")
  local opts = decoded(job[1])
  local parent = parent_of(job[5], job[6])
  local dedup = job[4] and dedup_of(queue, { de = { id = job[4] } }) or nil
  if parent == false and is_elsewhere(job[5]) then
    return "elsewhere"
  end
  if parent == false or dedup == false or not is_counter(job[2]) then
    return "foreign"
  end

  if call("LREM", queue.base .. "active", -1, id) == 0 then
    return "wrong-state"
  end
  if dedup then
    local left = call("PTTL", dedup.key)
    if left == 0 or (left == -1 and call("GET", dedup.key) == id) then
      call("DEL", dedup.key)
    end
    start_next(dedup)
  end
  if parent then
    tell_parent(parent, key, opts, reason)
  end
  local attempts = queue.new and call("HINCRBY", key, "atm", 1) or whole(job[3]) or 0
  call("ZADD", queue.base .. "failed", now, id)
  call("HSET", key, "failedReason", reason, "finishedOn", now)
  if queue.new then
    call("HDEL", key, "defa")
    emit(queue, "failed", "jobId", id, "failedReason", reason, "prev", "active")
  else
    emit(queue, "failed", "jobId", id, "failedReason", reason)
  end
  if attempts >= number_of(opts.attempts) then
    emit(queue, "retries-exhausted", "jobId", id, "attemptsMade", attempts)
  end
  if call("LLEN", queue.base .. "wait") == 0 and call("LLEN", queue.base .. "active") == 0
    and (queue.layout == "v3" or call("ZCARD", queue.base .. "prioritized") == 0) then
    emit(queue, "drained")
  end
end)
return { statuses }
