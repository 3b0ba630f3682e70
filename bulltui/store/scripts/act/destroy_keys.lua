-- needs: queue, destroying
-- Keys of a queue to be gone that say something. ARGV[5]: the status where none of them is there; then the last parts of
-- the keys. Answers {status, 0}.
local gone = 0
for i = 6, #ARGV do
  gone = gone + call("UNLINK", queue.base .. ARGV[i])
end
return { gone == 0 and ARGV[5] or "", 0 }
