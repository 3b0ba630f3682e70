-- The keys of some children of a parent. KEYS[1]: the set, hash or sorted set of them. ARGV: its type, where to go on,
-- about how many, up to how many fields a hash is listed whole.
-- Answers {where to go on or "" at the end, keys}. A place in a hash is `i` and an index, or `s` and a cursor: its
-- values are results that may be large, so it is scanned only when it is so large that they cannot be on average.
local key, kind, at, limit = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call("TYPE", key).ok ~= kind then
  return { "", {} }
end
if kind == "zset" then
  local found = redis.call("ZRANGE", key, at, at + limit - 1)
  return { #found < limit and "" or tostring(at + limit), found }
end
if kind == "set" then
  local reply = redis.call("SSCAN", key, at, "COUNT", limit)
  return { reply[1] == "0" and "" or reply[1], reply[2] }
end
local whole = string.sub(at, 1, 1) ~= "s" and redis.call("HLEN", key) <= tonumber(ARGV[4])
local place = string.match(at, "%d+")
local out = {}
if whole then
  local names = redis.call("HKEYS", key)
  for i = place + 1, math.min(#names, place + limit) do
    out[#out + 1] = names[i]
  end
  return { place + limit < #names and "i" .. (place + limit) or "", out }
end
local reply = redis.call("HSCAN", key, string.sub(at, 1, 1) == "s" and place or "0", "COUNT", limit)
for i = 1, #reply[2], 2 do
  out[#out + 1] = reply[2][i]
end
return { reply[1] == "0" and "" or "s" .. reply[1], out }
