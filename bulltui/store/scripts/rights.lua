-- Which commands the user may run, on which keys. ARGV: for each how many words it has, then these. All of them have to
-- be there as for a real call: the server looks for keys among them. Answers a list of "1" and "0", "" for a command
-- that the server does not know; an empty list where scripts cannot ask (before Redis 7).
local out, at = {}, 1
while redis.acl_check_cmd and at <= #ARGV do
  local count = tonumber(ARGV[at])
  local fine, allowed = pcall(redis.acl_check_cmd, unpack(ARGV, at + 1, at + count))
  out[#out + 1] = fine and (allowed and "1" or "0") or ""
  at = at + count + 1
end
return out
