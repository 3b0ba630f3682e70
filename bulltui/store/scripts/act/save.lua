-- needs: queue, jobs
-- Jobs as they are, with all that is needed to bring them back. Read only.
-- ARGV from 5: how many bytes of values in all, how large a field may be to be read here, then ids.
-- Answers {how many ids were come to, pieces}. The pieces of a job: state, score, index from the tail, id next to it on
-- that side, digest, key and score of the parent that waits for it, number of keys, number of keys beside it; for each
-- key its suffix, type, ttl, number of entries (-1: the key is to be read by itself), and the entries (fields and
-- values, members and scores), nil in place of a value that is to be read by itself.
local bytes, readable = tonumber(ARGV[5]), tonumber(ARGV[6])
local MOST_ENTRIES = 100 -- of lists and sets, whose entries tell no size before they are read

local pieces, count_of_pieces = {}, 0
local function put(piece)
  count_of_pieces = count_of_pieces + 1
  pieces[count_of_pieces] = piece
end
local function put_text(text)
  bytes = bytes - #text
  put(text)
end

local function put_head(suffix, kind, key, count)
  put(suffix)
  put(kind)
  put(call("PTTL", key))
  put(count)
end

local function put_hash(suffix, key, fields)
  put_head(suffix, "hash", key, fields and #fields or -1)
  for _, field in ipairs(fields or {}) do
    put_text(field[1])
    if field[3] then
      put_text(field[3])
    elseif field[2] <= readable and field[2] <= bytes then
      put_text(call("HGET", key, field[1]))
    else
      put(false)
    end
  end
end

local READ = {
  list = function(key) return call("LRANGE", key, 0, -1) end,
  set = function(key) return call("SMEMBERS", key) end,
  zset = function(key) return call("ZRANGE", key, 0, -1, "WITHSCORES") end,
}
local function put_side(suffix, kind, key, count)
  if kind == "hash" then
    return put_hash(suffix, key, fields_of(key))
  end
  if count > MOST_ENTRIES or bytes <= 0 then
    return put_head(suffix, kind, key, -1)
  end
  put_head(suffix, kind, key, count)
  for _, entry in ipairs(READ[kind](key)) do
    put_text(entry)
  end
end

-- Keys beside a job that name it: of its deduplication, and its place by priority in BullMQ 3.
local has_priorities = is_free_or(queue.base .. "priority", "zset") and call("EXISTS", queue.base .. "priority") == 1
local function links_of(job)
  local links = {}
  local own = job.value.deid
  if own and redis.pcall("GET", queue.base .. "de:" .. own) == job.id then
    links[1] = { "de:" .. own, "string" }
    if call("TYPE", queue.base .. "dn:" .. own).ok == "hash" then
      links[2] = { "dn:" .. own, "hash" }
    end
  end
  local score = has_priorities and call("ZSCORE", queue.base .. "priority", job.id)
  if score then
    links[#links + 1] = { "priority", "zset", score }
  end
  return links
end

local function put_link(job, suffix, kind, score)
  local key = queue.base .. suffix
  if kind == "hash" then
    return put_hash(suffix, key, fields_of(key))
  end
  put_head(suffix, kind, key, 1)
  if kind == "zset" then
    put(job.id)
    put(score)
  else
    put(job.id)
  end
end

local done = 0
for i = 7, #ARGV do
  local job = look(queue, ARGV[i])
  local parent, base, id = waiting_parent(job)
  local score = parent and redis.pcall("ZSCORE", base .. "waiting-children", id)
  put(job.state)
  put(job.score)
  put(job.at or 0)
  put(job.at and job.at < -1 and call("LINDEX", queue.base .. job.state, job.at + 1) or "")
  put(job.digest or "")
  put(parent or "")
  put(type(score) == "string" and score or "")
  local links = job.hash and links_of(job) or {}
  local keys = job.hash and 1 or 0
  for _, count in ipairs(job.counts) do
    keys = keys + (count > 0 and 1 or 0)
  end
  put(keys)
  put(#links)
  if job.hash then
    put_hash("", job.key, job.fields)
  end
  for s, count in ipairs(job.counts) do
    if count > 0 then
      put_side(SIDES[s][1], SIDES[s][2], job.key .. SIDES[s][1], count)
    end
  end
  for _, link in ipairs(links) do
    put_link(job, link[1], link[2], link[3])
  end
  done = done + 1
  if is_late() or bytes <= 0 then
    break
  end
end
return { done, pieces }
