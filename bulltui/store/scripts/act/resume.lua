-- needs: queue, pausing
-- Jobs are started again (reference, 3.11 and 7.3). What lies in `paused` joins `wait`, in however many calls, and only
-- then the queue goes on. Answers {status, entries left to move, paused before, paused now}.
local wait, paused = queue.base .. "wait", queue.base .. "paused"
local before = queue.paused and "1" or ""
if not queue.paused and call("LLEN", paused) == 0 then
  return { "already", 0, before, "" }
end
local left = make_one(paused, wait, not queue.paused and paused)
if left > 0 then
  return { "", left, before, before }
end
call("HDEL", queue.base .. "meta", "paused")
if queue.new then
  if call("LLEN", wait) + call("ZCARD", queue.base .. "prioritized") > 0 then
    call("ZADD", queue.base .. "marker", 0, "0")
  else
    wake_for_delayed(queue)
  end
elseif queue.layout == "v4" and call("ZCARD", queue.base .. "prioritized") > 0 and call("LLEN", wait) == 0 then
  call("LPUSH", wait, "0:0")
end
if queue.paused then
  emit(queue, "resumed")
end
return { "", 0, before, "" }
