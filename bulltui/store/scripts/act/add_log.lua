-- needs: queue, item
-- A line for the logs of jobs (reference, 3.14), of which the option `kl` keeps the last ones. ARGV[5]: the line; then
-- ids. Answers {statuses}.
each_id(6, function(id, key)
  local logs = key .. ":logs"
  if not is_free_or(logs, "list") then
    return "foreign"
  end
  local keep = tonumber(options_of(call("HGET", key, "opts"), "kl").kl) or 0
  call("RPUSH", logs, ARGV[5])
  if keep >= 1 then
    call("LTRIM", logs, -math.floor(keep), -1)
  end
end)
return { statuses }
