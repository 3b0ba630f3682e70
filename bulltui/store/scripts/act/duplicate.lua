-- needs: queue, item, new
-- New jobs like others (reference, 3.15). ARGV[5]: the state they were seen in, or ""; ARGV[6] to [8]: their name, data
-- and options, each "=" and the text, or "" for that of the other; then ids. Answers {statuses, new ids}.
local seen, made = ARGV[5], {}
local given = {}
for i, name in ipairs({ "name", "data", "opts" }) do
  given[name] = ARGV[5 + i] ~= "" and string.sub(ARGV[5 + i], 2) or nil
end

each_id(9, function(id, key)
  if KINDS[seen] == "zset" and not call("ZSCORE", queue.base .. seen, id) then
    return "wrong-state"
  end
  local job = call("HMGET", key, "name", "opts", "priority")
  local opts = without_own(given.opts or job[2], given.opts ~= nil)
  local how = how_of(decoded(opts))
  if not given.opts then
    how.priority = priority_of(job[3])
  end
  if how.priority > 0 and queue.layout == "v3" then
    return "priority"
  end

  local new, number = next_id(queue)
  if not new then
    return "exists"
  end
  how.number = number
  local copy = { id = new, name = given.name or job[1] or "", opts = opts, how = how, created = now }
  copy.data = given.data
  if not given.data then
    copy_data(key, queue.base .. new)
  end
  store(queue, copy)
  start(queue, copy)
  made[#made + 1] = new
end)
return { statuses, made }
