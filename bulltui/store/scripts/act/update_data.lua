-- needs: queue, item, jobs, checked
-- Other data for jobs (reference, 3.14). ARGV[5]: the data as JSON; then for each job its id and the digest that it must
-- have, or "". Answers {statuses, {}, digests}.
each_checked(6, function(job)
  call("HSET", job.key, "data", ARGV[5])
end)
return { statuses, {}, digests }
