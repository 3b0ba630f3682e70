-- needs: queue, destroying, item, jobs, checked, new
-- Finished jobs to run again as if they never had, under their ids. ARGV[5] to [7]: their name, data and options, each
-- "=" and the text, or "" for what they have; then for each its id and the digest that it must have, or "".
-- Answers {statuses, {}, digests}.
local GONE = {
  "atm", "ats", "attemptsMade", "stc", "stalledCounter", "failedReason", "returnvalue", "stacktrace", "progress", "pb",
  "processedOn", "finishedOn", "defa",
}
local given = {}
for i, name in ipairs({ "name", "data", "opts" }) do
  given[name] = ARGV[4 + i] ~= "" and string.sub(ARGV[4 + i], 2) or nil
end

each_checked(8, function(job)
  if job.state ~= "completed" and job.state ~= "failed" then
    return "wrong-state"
  end
  local how = how_of(decoded(given.opts or job.value.opts), whole(job.id) or 0)
  if not given.opts then
    how.delay, how.priority = 0, priority_of(job.value.priority)
  end
  if how.priority > 0 and queue.layout == "v3" then
    return "priority"
  end
  local parent = noted_at_parent(queue, job.key, job.value.parentKey, job.state)
  if parent == false then
    return "elsewhere"
  end

  call("ZREM", queue.base .. job.state, job.id)
  call("HDEL", job.key, unpack(GONE))
  for name, text in pairs(given) do
    call("HSET", job.key, name, text)
  end
  call("HSET", job.key, "delay", how.delay, "priority", how.priority)
  link_again(parent, job.key, job.state)
  if how.delay > 0 then
    start(queue, { id = job.id, created = now, how = how })
  else
    enqueue(queue, job.id, how.priority, how.push)
    emit(queue, "waiting", "jobId", job.id, "prev", job.state)
  end
end)
return { statuses, {}, digests }
