-- needs: queue, item, jobs, checked
-- Delayed jobs to another time (reference, 3.13). ARGV[5]: the delay from now, in ms; then for each job its id and the
-- digest that it must have, or "". Answers {statuses, {}, digests}.
local wanted = tonumber(ARGV[5])
local due = now + wanted

each_checked(6, function(job)
  if job.state ~= "delayed" then
    return "wrong-state"
  end
  delay(queue, job.id, due, whole(job.id) or 0)
  call("HSET", job.key, "delay", wanted)
  emit(queue, "delayed", "jobId", job.id, "delay", due)
  if queue.new then
    wake_for_delayed(queue)
  end
end)
return { statuses, {}, digests }
