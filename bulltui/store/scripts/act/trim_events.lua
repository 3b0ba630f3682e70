-- needs: queue
-- The events cut to about their newest ARGV[5], some thousands a call. Whole blocks of the stream are dropped, so that a
-- few more may stay. Answers {status, entries left to drop}.
local AT_ONCE = 5000
local events, keep = queue.base .. "events", tonumber(ARGV[5])
local dropped = redis.pcall("XTRIM", events, "MAXLEN", "~", keep, "LIMIT", AT_ONCE)
if type(dropped) == "table" then
  dropped = call("XTRIM", events, "MAXLEN", "~", keep) -- before Redis 6.2 there is no limit
end
local over = math.max(0, call("XLEN", events) - keep)
if dropped == 0 then
  return { "already", 0 }
end
return { "", dropped < AT_ONCE and 0 or over }
