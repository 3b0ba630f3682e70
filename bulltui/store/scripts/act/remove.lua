-- needs: queue, destroying, item, jobs
-- Jobs to be gone (reference, 3.5 to 3.9). ARGV[5]: "soft" as for one job, with an event for each, "hard" as for many,
-- "all" as hard, next runs of schedulers too, "force" as all, locked jobs too; ARGV[6]: the state they must be in, or ""; ARGV[7]:
-- spare what is newer (epoch ms), or ""; ARGV[8]: "tree" with all that hangs below them, "below" only the children
-- that they wait for and what hangs below these, or ""; ARGV[9]: "1" for one event `cleaned`; then for each job its
-- id, its digest or "", how many descendants are known, and of each of these the start of its keys, id and digest.
-- Answers {statuses}.
--
-- Unlike the libraries a parent is never deleted with its last child without a word, it goes on instead; next runs of
-- the repeatables of BullMQ 3 and 4 are spared as well; jobs in wait and paused are not removed while they are locked.
local how, wanted, not_after, depth = ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8]
local soft = how == "soft"
local NAMED = 1000 -- how many children the jobs of a tree may name in all
local named = 0

local TIMES = { delayed = { "processedOn", "timestamp" }, prioritized = { "timestamp" } }
local OF_LISTS = { "finishedOn", "processedOn", "timestamp" }
local function is_newer(job)
  if not job.at and job.state ~= "" and not TIMES[job.state] then
    return tonumber(job.score) > not_after
  end
  for _, name in ipairs(TIMES[job.state] or OF_LISTS) do
    local at = whole(job.value[name])
    if at then
      return at > not_after
    end
  end
  return false
end

local function is_locked(key)
  return call("EXISTS", key .. ":lock") == 1
end

-- Why a job must stay, nil where it can go. With `parent` set where one waits for it.
local function why_not(job, digest)
  if job.reason then
    return job.reason
  end
  if how ~= "force" and is_locked(job.key) then
    return "locked"
  end
  local finished = job.state == "completed" or job.state == "failed"
  if (soft or how == "hard" and not finished) and is_armed(queue, job.id, job.value.rjk) then
    return "scheduler-owned"
  end
  if wanted ~= "" and job.state ~= wanted then
    return "wrong-state"
  end
  if not_after and is_newer(job) then
    return "undue"
  end
  if digest ~= "" and digest ~= job.digest then
    return "changed"
  end
end

-- Whether the parent of a job, where one waits for it, can be told.
local function finds_parent(job)
  local key, base, id = waiting_parent(job)
  if not key or call("EXISTS", key) == 0 then
    return key ~= false
  end
  local q = open_other(base)
  job.parent = q and { key = key, q = q, id = id }
  return job.parent ~= nil
end

-- Tells the parent that it need not wait for a job any more; without any other it goes on.
local function unlink(job)
  local parent = job.parent
  if not parent or call("SREM", parent.key .. ":dependencies", job.key) == 0
    or call("SCARD", parent.key .. ":dependencies") > 0
    or call("ZREM", parent.q.base .. "waiting-children", parent.id) == 0 then
    return
  end
  call("RPUSH", waiting_list(parent.q), parent.id)
  wake(parent.q)
  if soft or parent.q == queue then
    emit(parent.q, "waiting", "jobId", parent.id, "prev", "waiting-children")
  end
end

-- To find an entry deep in a list takes a while: those are blotted out at their places and go all at once at the end.
-- A blot looks like a marker of BullMQ 3 and 4, so that it could never be taken for a job.
local BLOT, DEEP = "0:removed", 500
local blots = {}
local function unlist(list, job)
  local behind, ahead = -job.at, call("LLEN", list) + job.at
  if math.min(behind, ahead) > DEEP and call("LINDEX", list, job.at) == job.id then
    call("LSET", list, job.at, BLOT)
    blots[list] = (blots[list] or 0) + 1
  else
    call("LREM", list, behind <= ahead and -1 or 1, job.id)
  end
end

local function delete(q, job)
  if job.at then
    unlist(q.base .. job.state, job)
  elseif job.state ~= "" then
    call("ZREM", q.base .. job.state, job.id)
  end
  if q.layout == "v3" and is_free_or(q.base .. "priority", "zset") then
    call("ZREM", q.base .. "priority", job.id)
  end
  local own = job.value.deid
  if own and redis.pcall("GET", q.base .. "de:" .. own) == job.id then
    call("UNLINK", q.base .. "de:" .. own, q.base .. "dn:" .. own)
  end
  local keys = { job.key }
  for i, side in ipairs(SIDES) do
    keys[i + 1] = job.key .. side[1]
  end
  local gone = call("UNLINK", unpack(keys))
  if how == "force" then
    call("UNLINK", job.key .. ":lock")
  end
  if soft and (gone > 0 or q.layout == "v3") then
    emit(q, "removed", "jobId", job.id, "prev", job.state == "" and "unknown" or job.state)
  end
end

-- The keys of the children of a job, or only of those that it waits for.
local function children_of(job)
  local keys = {}
  local function add(found)
    for _, key in ipairs(found) do
      keys[#keys + 1] = key
    end
  end
  if depth == "tree" then
    add(call("HKEYS", job.key .. ":processed"))
    add(call("HKEYS", job.key .. ":failed"))
    add(call("ZRANGE", job.key .. ":unsuccessful", 0, -1))
  end
  add(call("SMEMBERS", job.key .. ":dependencies"))
  return keys
end

-- Finds the descendants of a job that go with it, all looked at before the first is touched. `family` are the known
-- ones by key. Answers why it cannot be.
local function gather(job, family, found)
  named = named + job.counts[2] + (depth == "tree" and job.counts[3] + job.counts[4] + job.counts[5] or 0)
  if named > NAMED then
    return "large"
  end
  job.children = {}
  for _, key in ipairs(children_of(job)) do
    if is_elsewhere(key) then
      return "elsewhere"
    end
    local told = family[key]
    local base, id = split_key(key)
    base, id = told and told.base or base, told and told.id or id
    local stays = depth == "below" and (is_locked(key) or redis.pcall("ZSCORE", base .. "failed", id))
    if not stays and not found[key] and (told or call("EXISTS", key) == 1) then
      local q = open_other(base)
      local child = q and told and look(q, id)
      if not child then
        return q and "changed" or "foreign"
      end
      if child.reason ~= "missing" then
        if child.reason then
          return child.reason
        elseif is_locked(key) then
          return "locked"
        elseif child.digest ~= told.digest then
          return "changed"
        end
        child.q, found[key] = q, child
        job.children[#job.children + 1] = child
        local reason = gather(child, family, found)
        if reason then
          return reason
        end
      end
    end
  end
end

local function delete_tree(job)
  finds_parent(job)
  unlink(job)
  for _, child in ipairs(job.children) do
    delete_tree(child)
  end
  if #job.children > 0 then
    job.state, job.score, job.at = locate(job.q, job.id) -- its own last child may have moved it
  end
  delete(job.q, job)
end

local function remove(id, digest, family)
  named = 0
  local job = look(queue, id)
  if depth == "below" then
    if job.reason or (wanted ~= "" and job.state ~= wanted) then
      return job.reason or "wrong-state"
    end
    if job.counts[2] == 0 then
      return "already"
    end
    local reason = gather(job, family, {})
    if reason or #job.children == 0 then
      return reason or "children" -- those that run or have failed stay
    end
    for _, child in ipairs(job.children) do
      delete_tree(child)
    end
    return ""
  end
  local reason = why_not(job, digest)
  if not reason and not finds_parent(job) then
    reason = is_elsewhere(job.value.parentKey) and "elsewhere" or "foreign"
  end
  if not reason and depth == "tree" then
    reason = gather(job, family, { [job.key] = job })
  end
  if reason then
    return reason
  end
  if depth == "tree" then
    job.q = queue
    delete_tree(job)
  else
    unlink(job)
    delete(queue, job)
  end
  return ""
end

local at, gone = 10, 0
while at <= #ARGV do
  local id, digest, count, family = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), {}
  at = at + 3
  for _ = 1, count do
    family[ARGV[at] .. ARGV[at + 1]] = { base = ARGV[at], id = ARGV[at + 1], digest = ARGV[at + 2] }
    at = at + 3
  end
  local status = remove(id, digest, family)
  statuses[#statuses + 1] = status
  gone = gone + (status == "" and 1 or 0)
  if is_late() then
    break
  end
end
for list, count in pairs(blots) do
  call("LREM", list, count, BLOT)
end
if ARGV[9] == "1" and gone > 0 then
  emit(queue, "cleaned", "count", gone)
end
return { statuses }
