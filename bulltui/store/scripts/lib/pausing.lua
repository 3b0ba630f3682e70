-- The lists `wait` and `paused` made one, a bounded piece at a time, so that none of them is ever put over the other.
local PIECE = 2000

local refusal = refusal_without("RENAME", "RPOP")
if refusal then
  return refusal
end

local function created_at(list, index)
  local id = call("LINDEX", list, index)
  local job = id and queue.base .. id
  return job and call("TYPE", job).ok == "hash" and whole(call("HGET", job, "timestamp")) or nil
end

-- Entries that are markers of BullMQ 3 and 4 are no jobs: a list that holds others needs none.
local function drop_markers(list)
  while is_marker(queue, call("LINDEX", list, 0)) do
    call("LPOP", list)
  end
  while is_marker(queue, call("LINDEX", list, -1)) do
    call("RPOP", list)
  end
end

-- Moves up to a piece of `from` to the end of `to` where its jobs belong: behind the older ones. Where that cannot be
-- told those in `paused` are the older ones, as BullMQ 6 takes them.
local function pour(from, to)
  local mine, others = created_at(from, -1), created_at(to, -1)
  local older = from == queue.base .. "paused"
  if mine and others and mine ~= others then
    older = mine < others
  end
  local ids
  if older then
    ids = call("LRANGE", from, 0, PIECE - 1)
    call("LTRIM", from, #ids, -1)
    call("RPUSH", to, unpack(ids))
    return
  end
  ids = call("LRANGE", from, -PIECE, -1)
  call("LTRIM", from, 0, -#ids - 1)
  local turned = {}
  for i = #ids, 1, -1 do
    turned[#turned + 1] = ids[i]
  end
  call("LPUSH", to, unpack(turned))
end

-- Makes both lists one under the name `to`. Answers how many entries are left to move. `keep_apart` names the list that
-- must not take in the other one, since workers do not look there.
local function make_one(from, to, keep_apart)
  local left, there = call("LLEN", from), call("LLEN", to)
  if left > 0 and there > 0 then
    drop_markers(from)
    drop_markers(to)
    left, there = call("LLEN", from), call("LLEN", to)
  end
  if left == 0 then
    return 0
  end
  if there == 0 then
    call("RENAME", from, to)
    return 0
  end
  if there < left and keep_apart ~= from then
    pour(to, from)
    there = call("LLEN", to)
    if there == 0 then
      call("RENAME", from, to)
    end
    return there
  end
  pour(from, to)
  return call("LLEN", from)
end
