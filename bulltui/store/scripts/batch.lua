-- Runs the same read commands on many keys in one call.
-- KEYS: one key an item. ARGV: the commands, each as its number of words, the command, what to append to the key,
-- and further arguments.
-- Answers two arrays: for each key the replies in order, and of the errors among them the place and the message. They
-- stand apart since any text in place of a reply could as well be a stranger's value.
local commands = {}
local at = 1
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  local command = {}
  for i = 1, words do
    command[i] = ARGV[at + i]
  end
  commands[#commands + 1] = { words = command, suffix = command[2] }
  at = at + words + 1
end
local out, errors = {}, {}
local n = 0
for _, key in ipairs(KEYS) do
  for _, command in ipairs(commands) do
    local words = command.words
    words[2] = key .. command.suffix
    local reply = redis.pcall(unpack(words))
    n = n + 1
    if type(reply) == "table" then
      if reply.err then
        out[n] = false
        errors[#errors + 1] = n
        errors[#errors + 1] = reply.err
      elseif reply.ok then
        out[n] = reply.ok
      else
        out[n] = reply
      end
    else
      out[n] = reply
    end
  end
end
return { out, errors }
