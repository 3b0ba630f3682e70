-- needs: next
-- The next members of a sorted set behind a score and a member of it, with their scores. KEYS[1]: the set. ARGV: the
-- score ("" to begin), the member, how many.
local start = rank_behind(KEYS[1], ARGV[1], ARGV[2])
return redis.call("ZRANGE", KEYS[1], start, start + ARGV[3] - 1, "WITHSCORES")
