-- needs: queue, item, new
-- One more run of schedulers now, beside their plan (reference, 3.17). ARGV from [5]: their ids. Answers {statuses, new
-- ids}. Repeatables of BullMQ up to 5 have no template to make a run of.
local made = {}

local function trigger(id)
  local key = queue.base .. "repeat:" .. id
  local kind = call("TYPE", key).ok
  if not call("ZSCORE", queue.base .. "repeat", id) then
    return "missing"
  elseif kind ~= "hash" then
    return kind == "none" and "layout" or "foreign"
  end
  local template = call("HMGET", key, "name", "data", "opts", "ic")
  if not template[4] and not template[2] and not template[3] then
    return "layout"
  end
  local opts = without_own(template[3])
  local how = how_of(decoded(opts))
  if how.priority > 0 and queue.layout == "v3" then
    return "priority"
  end

  local new, number = next_id(queue)
  if not new then
    return "exists"
  end
  how.number = number
  local run = { id = new, name = template[1] or "", data = template[2] or "{}", opts = opts, how = how, created = now }
  store(queue, run)
  start(queue, run)
  made[#made + 1] = new
  return ""
end

for i = 5, #ARGV do
  statuses[#statuses + 1] = trigger(ARGV[i])
  if is_late() then
    break
  end
end
return { statuses, made }
