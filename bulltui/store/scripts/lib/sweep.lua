-- Which jobs a script is about: those named from ARGV[first + 1] on, or, where ARGV[first] says how many, the next ones
-- of the state in ARGV[5], behind the score in ARGV[first + 1] and the member in ARGV[first + 2]. A sweep names and
-- answers only what is left where it is, so that a state of a million jobs goes over no wire.
-- Comes after `queue`, `item` and `next`.
local sweep = nil

-- The ids; `last_score` ends a sweep where scores are higher.
local function jobs_from(first, last_score)
  if ARGV[first] == "" then
    local ids = {}
    for i = first + 1, #ARGV do
      ids[#ids + 1] = ARGV[i]
    end
    return ids
  end
  local key = queue.base .. ARGV[5]
  local start = rank_behind(key, ARGV[first + 1], ARGV[first + 2])
  local wanted = start + tonumber(ARGV[first])
  local count = call("ZCOUNT", key, "-inf", last_score or "+inf")
  sweep = { key = key, last_score = last_score, ended = wanted >= count }
  local stop = math.min(wanted, count)
  return stop > start and call("ZRANGE", key, start, stop - 1) or {}
end

-- What has to be known of a sweep before its jobs leave the state.
local function sweep_comes_to(ids)
  local at = #statuses
  if sweep and (at < #ids or not sweep.ended) and at > 0 then
    sweep.score, sweep.member = call("ZSCORE", sweep.key, ids[at]), ids[at]
  end
end

-- What the script answers: the status of each job named, or of a sweep how many were done, what was left and why, where
-- to go on ("" at the end), and how many of the state there are still.
local function answer_for(ids)
  if not sweep then
    return { statuses }
  end
  local done, left = 0, {}
  for i, status in ipairs(statuses) do
    if status == "" then
      done = done + 1
    else
      left[#left + 1] = ids[i]
      left[#left + 1] = status
    end
  end
  local remaining = call("ZCOUNT", sweep.key, "-inf", sweep.last_score or "+inf")
  return { done, left, sweep.score or "", sweep.member or "", remaining }
end
