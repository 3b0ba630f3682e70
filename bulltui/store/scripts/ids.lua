-- The next members of a sorted set behind a score and a member of it, with their scores. KEYS[1]: the set. ARGV: the
-- score ("" to begin), the member, how many.
local key, score, member, limit = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])

-- Redis' own order of members of one score. Lua's would go by the server's locale.
local function is_behind(one)
  for i = 1, math.min(#one, #member) do
    local a, b = string.byte(one, i), string.byte(member, i)
    if a ~= b then
      return a > b
    end
  end
  return #one > #member
end

local start = 0
if score ~= "" then
  start = redis.call("ZCOUNT", key, "-inf", "(" .. score)
  local beyond = start + redis.call("ZCOUNT", key, score, score)
  while start < beyond do
    local middle = math.floor((start + beyond) / 2)
    if is_behind(redis.call("ZRANGE", key, middle, middle)[1]) then
      beyond = middle
    else
      start = middle + 1
    end
  end
end
return redis.call("ZRANGE", key, start, start + limit - 1, "WITHSCORES")
