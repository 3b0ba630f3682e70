-- Parents of jobs that end (reference, 1.2 and 3.16). Comes after `item`.

local SIDES_OF_PARENT = { dependencies = "set", processed = "hash", failed = "hash", unsuccessful = "zset" }

-- A parent from what a child says of it: {key, id, q, the flags of the child}. Nil where there is none any more, false
-- where it cannot be told or is another program's.
local function parent_of(key, json)
  local fine, told = pcall(cjson.decode, json or "")
  if not fine or type(told) ~= "table" or type(told.id) ~= "string" or type(told.queueKey) ~= "string" then
    local base, id = string.match(key or "", "^(.+):([^:]+)$")
    if not base then
      return nil
    end
    told = { queueKey = base, id = id }
  end
  local parent = { key = told.queueKey .. ":" .. told.id, id = told.id, flags = told }
  if is_elsewhere(parent.key) then
    return false
  end
  if call("EXISTS", parent.key) == 0 then
    return nil
  end
  parent.q = open_other(told.queueKey .. ":")
  if not parent.q or not is_free_or(parent.key, "hash") then
    return false
  end
  for name, kind in pairs(SIDES_OF_PARENT) do
    if not is_free_or(parent.key .. ":" .. name, kind) then
      return false
    end
  end
  return parent
end

-- Puts a parent that no longer waits for its children where it goes on.
local function go_on(parent)
  local q, attributes = parent.q, call("HMGET", parent.key, "priority", "delay")
  local later, priority = whole(attributes[2]) or 0, priority_of(attributes[1])
  if later > 0 then
    call("ZADD", q.base .. "delayed", (now + later) * 4096, parent.id)
    emit(q, "delayed", "jobId", parent.id, "delay", now + later)
    wake_for_delayed(q)
    return
  end
  enqueue(q, parent.id, q.layout ~= "v3" and priority or 0, "RPUSH")
  emit(q, "waiting", "jobId", parent.id, "prev", "waiting-children")
end

local function go_on_if_waiting(parent)
  if call("ZREM", parent.q.base .. "waiting-children", parent.id) == 1 then
    go_on(parent)
  end
end

local function go_on_without_pending(parent)
  if call("SCARD", parent.key .. ":dependencies") == 0 then
    go_on_if_waiting(parent)
  end
end

-- The parent is to fail too: its worker does that when it takes it.
local function fail_later(parent, key)
  local base = parent.q.base
  local is_waiting = call("ZREM", base .. "waiting-children", parent.id) == 1
  if not is_waiting and call("ZREM", base .. "delayed", parent.id) == 1 then
    call("HSET", parent.key, "delay", 0)
    is_waiting = true
  end
  if is_waiting or not call("ZSCORE", base .. "failed", parent.id) then
    call("HSET", parent.key, "defa", "child " .. key .. " failed")
  end
  if is_waiting then
    go_on(parent)
  end
end

-- What BullMQ 3 and 4 do: the parent fails at once, and its own parent with it.
local function fail_now(parent, key)
  if call("ZREM", parent.q.base .. "waiting-children", parent.id) == 0 then
    return
  end
  local reason = "child " .. key .. " failed"
  call("ZADD", parent.q.base .. "failed", now, parent.id)
  call("HSET", parent.key, "failedReason", reason, "finishedOn", now)
  emit(parent.q, "failed", "jobId", parent.id, "failedReason", reason, "prev", "waiting-children")
  local json = call("HGET", parent.key, "parent")
  local above = json and parent_of(nil, json)
  if not above then
    return
  end
  if above.flags.fpof then
    fail_now(above, parent.key)
  elseif above.flags.rdof and call("SREM", above.key .. ":dependencies", parent.key) == 1 then
    go_on_without_pending(above)
  end
end

-- Tells the parent that its child failed. In BullMQ 5 and later the child's own `parent` says what then, before its
-- options.
local function tell_parent(parent, key, opts, reason)
  if not queue.new then
    if opts.fpof then
      fail_now(parent, key)
    elseif opts.rdof and queue.layout == "v4" and call("SREM", parent.key .. ":dependencies", key) == 1 then
      go_on_without_pending(parent)
    end
    return
  end
  local flags = parent.flags
  local is_told = flags.fpof or flags.cpof or flags.idof or flags.rdof
  if not is_told or call("SREM", parent.key .. ":dependencies", key) == 0 then
    return
  end
  if flags.fpof then
    call("ZADD", parent.key .. ":unsuccessful", now, key)
    fail_later(parent, key)
  elseif flags.cpof then
    call("HSET", parent.key .. ":failed", key, reason)
    go_on_if_waiting(parent)
  else
    go_on_without_pending(parent)
    if flags.idof then
      call("HSET", parent.key .. ":failed", key, reason)
    end
  end
end
