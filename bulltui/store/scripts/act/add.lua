-- needs: queue, item, new, dedup
-- New jobs (reference, 3.15). From ARGV[5] on four for each: name, data and options as they are stored, and its id, ""
-- for the next number. Answers {statuses, new ids}.
local made = {}

local function add(name, data, opts, wanted)
  local parsed = decoded(opts)
  local how = how_of(parsed, 0)
  local dedup = dedup_of(queue, parsed)
  if dedup == false or (wanted ~= "" and is_reserved(wanted)) then
    return "foreign"
  end
  if how.priority > 0 and queue.layout == "v3" then
    return "priority"
  end

  local id, number = wanted, 0
  if wanted == "" then
    id, number = next_id(queue)
    if not id then
      return "exists"
    end
  else
    number = call("INCR", queue.base .. "id")
    if call("EXISTS", queue.base .. id) == 1 then
      emit(queue, "duplicated", "jobId", id)
      return "exists"
    end
  end
  how.number = number
  local created = number_of(parsed.timestamp)
  created = created > 0 and created or now
  local job = { id = id, name = name, data = data, opts = opts, how = how, created = created }
  if dedup and is_deduplicated(queue, dedup, job) then
    return "already"
  end
  store(queue, job, dedup and { "deid", dedup.id } or {})
  start(queue, job)
  made[#made + 1] = id
  return ""
end

for i = 5, #ARGV, 4 do
  statuses[#statuses + 1] = add(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  if is_late() then
    break
  end
end
return { statuses, made }
