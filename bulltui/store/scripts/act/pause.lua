-- needs: queue, pausing
-- No more jobs are started (reference, 3.11 and 7.3). Up to BullMQ 5 they move to `paused`, to which workers of 3 and 4
-- do not look. Answers {status, entries left to move, paused before, paused now}.
local wait, paused = queue.base .. "wait", queue.base .. "paused"
local before = queue.paused and "1" or ""
if queue.paused and (queue.layout == "v6" or call("LLEN", wait) == 0) then
  return { "already", 0, before, "1" }
end
if not queue.paused and queue.layout ~= "v6" and call("LLEN", wait) > PIECE and call("LLEN", paused) > PIECE then
  -- Leftovers of an earlier pause join before this one begins: a resume of BullMQ 5 in between would put one list over
  -- the other.
  pour(paused, wait)
  return { "", call("LLEN", paused), before, before }
end
call("HSET", queue.base .. "meta", "paused", 1)
if queue.new then
  call("DEL", queue.base .. "marker")
end
local left = queue.layout == "v6" and 0 or make_one(wait, paused)
if not queue.paused then
  emit(queue, "paused")
end
return { "", left, before, "1" }
