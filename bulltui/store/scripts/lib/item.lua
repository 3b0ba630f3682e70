-- One job of an order, looked at before anything is written.
local statuses = {}

-- Why a job cannot be acted on at all, nil where it can.
local function reason_of_key(q, id)
  local kind = call("TYPE", q.base .. id).ok
  return kind == "none" and "missing" or (kind ~= "hash" or is_own(q, id)) and "foreign" or nil
end

-- The priority as the libraries take it, 0 for what is none.
local function priority_of(text)
  if text == "0" then
    return 0
  end
  local priority = whole(text) or 0
  return priority <= 2097152 and priority or 0
end

-- Options as a table, empty where they are no JSON object. They are parsed only where one of those named is in them.
local function options_of(opts, ...)
  for _, name in ipairs({ ... }) do
    if opts and string.find(opts, '"' .. name .. '"', 1, true) then
      local fine, parsed = pcall(cjson.decode, opts)
      if not fine or type(parsed) ~= "table" then
        return {}
      end
      for field, value in pairs(parsed) do
        if value == cjson.null then
          parsed[field] = nil
        end
      end
      return parsed
    end
  end
  return {}
end

-- The end of the list for a job by its options.
local function push_of(opts)
  local told = opts and string.find(opts, '"lifo"', 1, true)
  return told and options_of(opts, "lifo").lifo and "RPUSH" or "LPUSH"
end

-- Whether a job is the next run of a scheduler, which would stop without it.
local function is_armed(q, id, scheduler)
  if not scheduler or string.sub(id, 1, 7) ~= "repeat:" then
    return false
  end
  local next_run = call("ZSCORE", q.base .. "repeat", scheduler)
  local ending = next_run and ":" .. string.format("%.0f", tonumber(next_run))
  return ending and string.sub(id, -#ending) == ending or false
end

-- Where a finished child is noted at its parent, the keys to move it back into the parent's pending ones; nil where it
-- has no parent any more, false where that is in another slot. BullMQ 3 and 4 do not move it back.
local function noted_at_parent(q, key, parent, state)
  if not q.new or not parent or parent == "" then
    return nil
  end
  if is_elsewhere(parent) then
    return false
  end
  if lacking(parent) or call("EXISTS", parent) == 0 then
    return nil
  end
  if not is_free_or(parent .. ":dependencies", "set") then
    return nil
  end
  local noted = state == "failed" and { unsuccessful = "zset", failed = "hash" } or { processed = "hash" }
  for name, kind in pairs(noted) do
    if not is_free_or(parent .. ":" .. name, kind) then
      return nil
    end
  end
  return parent
end

-- Moves a child back into the pending ones of its parent, as `noted_at_parent` found it.
local function link_again(parent, key, state)
  if not parent then
    return
  end
  local was_noted
  if state == "failed" then
    was_noted = call("ZREM", parent .. ":unsuccessful", key) == 1 or call("HDEL", parent .. ":failed", key) == 1
  else
    was_noted = call("HDEL", parent .. ":processed", key) == 1
  end
  if was_noted then
    call("SADD", parent .. ":dependencies", key)
  end
end

-- Does `work` with the id and the key of each job from ARGV[first] on, until it is late. What it answers is the reason
-- why the job was left as it was.
local function each_id(first, work)
  for i = first, #ARGV do
    local id = ARGV[i]
    statuses[#statuses + 1] = reason_of_key(queue, id) or work(id, queue.base .. id) or ""
    if is_late() then
      return
    end
  end
end
