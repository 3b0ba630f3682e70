-- Deduplication of BullMQ 5 and 6 (reference, 1.1 and 3.15): a key `de:` names the job that stands for its id, a hash
-- `dn:` keeps the next one while that is active. Comes after `new`.

-- The id of a deduplication and its keys; nil where the options ask for none, false where a key is another program's.
local function dedup_of(q, opts)
  local wanted = type(opts.de) == "table" and opts.de or {}
  if not q.new or (type(wanted.id) ~= "string" and type(wanted.id) ~= "number") then
    return nil
  end
  local id = tostring(wanted.id)
  local dedup = { id = id, key = q.base .. "de:" .. id, next = q.base .. "dn:" .. id, ttl = number_of(wanted.ttl) }
  for _, name in ipairs({ "extend", "replace", "keepLastIfActive", "reschedule" }) do
    dedup[name] = wanted[name] and wanted[name] ~= cjson.null
  end
  return is_free_or(dedup.key, "string") and is_free_or(dedup.next, "hash") and dedup or false
end

local function stand_for(dedup, id)
  if dedup.ttl > 0 and not dedup.keepLastIfActive then
    call("SET", dedup.key, id, "PX", dedup.ttl)
  else
    call("SET", dedup.key, id)
  end
end

local function emit_deduplicated(q, dedup, id, other)
  if q.layout == "v5" then
    emit(q, "debounced", "jobId", id, "debounceId", dedup.id)
  end
  emit(q, "deduplicated", "jobId", id, "deduplicationId", dedup.id, "deduplicatedJobId", other)
end

local function is_active(q, id)
  for _, one in ipairs(call("LRANGE", q.base .. "active", 0, 4999)) do
    if one == id then
      return true
    end
  end
end

-- A delayed job gives way to the new one.
local function give_way(q, dedup, owner, id)
  if call("ZREM", q.base .. "delayed", owner) == 0 then
    return false
  end
  local key = q.base .. owner
  call("DEL", key, key .. ":logs", key .. ":dependencies")
  call("DEL", key .. ":processed", key .. ":failed", key .. ":unsuccessful")
  emit(q, "removed", "jobId", owner, "prev", "delayed")
  emit_deduplicated(q, dedup, id, owner)
  if q.layout == "v6" then
    call("DEL", dedup.next)
  end
  if dedup.ttl > 0 and not dedup.extend and not dedup.keepLastIfActive then
    call("SET", dedup.key, id, "KEEPTTL")
  else
    stand_for(dedup, id)
  end
  return true
end

-- Whether the new job is not to be added, since another one stands for its deduplication id.
local function is_deduplicated(q, dedup, job)
  local owner = call("GET", dedup.key)
  if not owner then
    stand_for(dedup, job.id)
    return false
  end
  if dedup.replace and give_way(q, dedup, owner, job.id) then
    return false
  end
  if q.layout == "v6" and call("PTTL", dedup.key) == -1 and call("EXISTS", q.base .. owner) == 0 then
    call("DEL", dedup.next)
    stand_for(dedup, job.id)
    return false
  end
  if dedup.keepLastIfActive and is_active(q, owner) then
    call("DEL", dedup.next)
    call("HSET", dedup.next, "name", job.name, "data", job.data, "opts", job.opts, "jid", job.id)
    call("SET", dedup.key, owner)
    emit_deduplicated(q, dedup, owner, job.id)
    return true
  end
  if dedup.replace then
    return true
  end
  if dedup.ttl > 0 and dedup.extend then
    stand_for(dedup, owner)
  end
  emit_deduplicated(q, dedup, owner, job.id)
  if q.layout == "v6" and dedup.reschedule and call("ZSCORE", q.base .. "delayed", owner) then
    call("HSET", q.base .. owner, "delay", job.how.delay)
    delay(q, owner, job.created + job.how.delay, 0)
    emit(q, "delayed", "jobId", owner, "delay", job.created + job.how.delay)
    wake_for_delayed(q)
  end
  return true
end
