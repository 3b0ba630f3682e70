-- needs: queue
-- Settings in `meta` (reference, 3.18). ARGV from 5: names, each with its value or "" for none. Answers {status, 0, the
-- values before, the values now}. Unlike the libraries it wakes a worker where jobs wait, who may take more now.
local meta = queue.base .. "meta"
local before, after, changed = {}, {}, false
for i = 5, #ARGV, 2 do
  before[#before + 1] = call("HGET", meta, ARGV[i]) or ""
  after[#after + 1] = ARGV[i + 1]
  changed = changed or before[#before] ~= after[#after]
end
local answer = { changed and "" or "already", 0 }
for _, values in ipairs({ before, after }) do
  for _, value in ipairs(values) do
    answer[#answer + 1] = value
  end
end
if not changed then
  return answer
end
for i = 5, #ARGV, 2 do
  if ARGV[i + 1] == "" then
    call("HDEL", meta, ARGV[i])
  else
    call("HSET", meta, ARGV[i], ARGV[i + 1])
  end
  if ARGV[i] == "concurrency" then
    queue.concurrency = whole(ARGV[i + 1])
  end
end
if call("LLEN", queue.base .. "wait") + call("ZCARD", queue.base .. "prioritized") > 0 then
  wake(queue)
end
return answer
