-- What cannot be had back by another action needs the right to UNLINK: no script that loses nothing uses that command, so
-- a user without it can destroy nothing here. Asked for before the first write, on servers that cannot be asked by a key
-- that nobody has.
local forbidden = refusal_without("UNLINK")
if not forbidden and not redis.acl_check_cmd then
  local told = redis.pcall("UNLINK", queue.base .. "bulltui:none")
  forbidden = type(told) == "table" and told.err and told or nil
end
if forbidden then
  return forbidden
end
