-- needs: queue, item
-- Active jobs that no worker holds any more back to waiting, to run next (reference, 3.16). ARGV from [5]: ids.
-- Answers {statuses}.
each_id(5, function(id, key)
  if call("EXISTS", key .. ":lock") == 1 then
    return "locked"
  end
  local priority = priority_of(call("HGET", key, "priority"))
  if priority > 0 and queue.layout == "v3" then
    return "priority"
  end

  if call("LREM", queue.base .. "active", 1, id) == 0 then
    return "wrong-state"
  end
  if priority > 0 then
    call("ZADD", queue.base .. "prioritized", priority * 0x100000000, id)
    wake_for_priority(queue)
  else
    call("RPUSH", waiting_list(queue), id)
    wake(queue)
  end
  if queue.new then
    emit(queue, "waiting", "jobId", id, "prev", "active")
  else
    emit(queue, "waiting", "jobId", id)
  end
end)
return { statuses }
