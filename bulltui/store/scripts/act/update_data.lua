-- needs: queue, destroying, item, jobs, checked
-- Other data for jobs (reference, 3.14). ARGV[5]: the state they were seen in, or ""; ARGV[6]: the data as JSON; then
-- for each job its id and the digest that it must have, or "". Answers {statuses, {}, digests}.
each_checked(7, function(job)
  if ARGV[5] ~= "" and job.state ~= ARGV[5] then
    return "wrong-state"
  end
  call("HSET", job.key, "data", ARGV[6])
end)
return { statuses, {}, digests }
