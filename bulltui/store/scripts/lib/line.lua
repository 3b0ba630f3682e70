-- Jobs put back into the list where they wait, each before the one that it was before. Comes after `jobs`.
local MOVED = 3000 -- up to so many entries are taken off an end of a list to put others next to them
local DEEP_AT_ONCE = 3 -- jobs put deep into a list by one call

local function reversed(ids)
  local turned = {}
  for i = #ids, 1, -1 do
    turned[#turned + 1] = ids[i]
  end
  return turned
end

local AT_ONCE_AT_MOST = 5000
local function push(how, list, ids)
  for from = 1, #ids, AT_ONCE_AT_MOST do
    call(how, list, unpack(ids, from, math.min(#ids, from + AT_ONCE_AT_MOST - 1)))
  end
end

-- Neighbours that come back together go before the one that came after the last of them, or to the tail where that one
-- has gone on. How many entries there are from that one on and before it, 0 from it on where it is not there.
local list = waiting_list(queue)
local function place_of(after)
  local index = after ~= "" and index_in(list, after)
  if not index then
    return 0, 0
  end
  return -index, call("LLEN", list) + index
end

local function new_run(job)
  local behind, ahead = place_of(job.after)
  return { ids = {}, after = job.after, is_deep = math.min(behind, ahead) > MOVED }
end

local function put_run(run)
  local behind, ahead = place_of(run.after)
  if behind == 0 then
    push("RPUSH", list, run.ids)
  elseif math.min(behind, ahead) > MOVED then
    for _, id in ipairs(run.ids) do
      call("LINSERT", list, "BEFORE", run.after, id)
    end
  elseif behind <= ahead then
    local rest = call("LRANGE", list, -behind, -1)
    call("LTRIM", list, 0, -behind - 1)
    push("RPUSH", list, run.ids)
    push("RPUSH", list, rest)
  else
    local rest = ahead > 0 and call("LRANGE", list, 0, ahead - 1) or {}
    call("LTRIM", list, ahead, -1)
    push("LPUSH", list, reversed(run.ids))
    push("LPUSH", list, reversed(rest))
  end
  near[list] = -behind - #run.ids
end
