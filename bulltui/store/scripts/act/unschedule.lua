-- needs: queue, destroying, item
-- Schedulers to be gone, with their next runs where these are still delayed (reference, 3.17). ARGV from 5: for each its
-- member of `repeat` and the three beginnings that the id of a run may have. Answers {statuses}.
local function unschedule(member, beginnings)
  local set, definition = queue.base .. "repeat", queue.base .. "repeat:" .. member
  local free = is_free_or(definition, "hash")
  local next_run = call("ZSCORE", set, member)
  if not free then
    return "foreign"
  elseif not next_run and call("EXISTS", definition) == 0 then
    return "missing"
  end
  for _, beginning in ipairs(next_run and beginnings or {}) do
    local id = beginning .. next_run
    if call("ZREM", queue.base .. "delayed", id) == 1 then
      local key = queue.base .. id
      call("UNLINK", key, key .. ":logs", key .. ":dependencies", key .. ":processed", key .. ":failed", key .. ":unsuccessful")
      emit(queue, "removed", "jobId", id, "prev", "delayed")
    end
  end
  call("ZREM", set, member)
  call("UNLINK", definition)
  return ""
end

for i = 5, #ARGV, 4 do
  statuses[#statuses + 1] = unschedule(ARGV[i], { ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] })
  if is_late() then
    break
  end
end
return { statuses }
