-- How many members of a sorted set come before those behind a score ("" to begin) and a member.
local function rank_behind(key, score, member)
  if score == "" then
    return 0
  end
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

  local start = redis.call("ZCOUNT", key, "-inf", "(" .. score)
  local beyond = start + redis.call("ZCOUNT", key, score, score)
  while start < beyond do
    local middle = math.floor((start + beyond) / 2)
    if is_behind(redis.call("ZRANGE", key, middle, middle)[1]) then
      beyond = middle
    else
      start = middle + 1
    end
  end
  return start
end
