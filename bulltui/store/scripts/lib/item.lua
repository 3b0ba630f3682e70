-- One job of an order, looked at before anything is written. A check answers the reason to leave the job as it is.
local statuses = {}

-- Why a job cannot be acted on at all, nil where it can.
local function reason_of_key(q, id)
  local kind = call("TYPE", q.base .. id).ok
  return kind == "none" and "missing" or kind ~= "hash" and "foreign" or nil
end

-- The priority as the libraries take it, 0 for what is none.
local function priority_of(text)
  local priority = whole(text) or 0
  return priority <= 2097152 and priority or 0
end

-- The end of the list for a job by its options. They are parsed only where that could matter.
local function push_of(opts)
  if opts and string.find(opts, '"lifo"', 1, true) then
    local fine, parsed = pcall(cjson.decode, opts)
    if fine and type(parsed) == "table" and parsed.lifo and parsed.lifo ~= cjson.null then
      return "RPUSH"
    end
  end
  return "LPUSH"
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
-- has no parent any more. BullMQ 3 and 4 do not move it back.
local function noted_at_parent(q, key, parent, state)
  if not q.new or not parent or parent == "" or lacking(parent) or call("EXISTS", parent) == 0 then
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
