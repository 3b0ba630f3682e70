-- How streams stand, without their entries, which may be large. KEYS: the streams. ARGV[1]: for how many ms to go on to
-- the next one.
-- Answers for as many of them as there was time for {kind of key, last id ever, entries now, entries ever or false,
-- first id or "", highest id deleted out of order or ""}; the kind alone for what is no stream.
local fine, process_clock = pcall(function()
  return os.clock
end)
local function clock()
  if fine and process_clock then
    return process_clock() * 1000
  end
  local time = redis.pcall("TIME")
  return time[1] and tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000 or 0
end
local began, out = clock(), {}
for i, key in ipairs(KEYS) do
  local kind = redis.call("TYPE", key).ok
  if kind ~= "stream" then
    out[i] = { kind }
  else
    local told, words = {}, redis.call("XINFO", "STREAM", key)
    for w = 1, #words, 2 do
      told[words[w]] = words[w + 1]
    end
    local first = type(told["first-entry"]) == "table" and told["first-entry"][1] or ""
    out[i] = {
      kind,
      told["last-generated-id"],
      told["length"],
      told["entries-added"] or false,
      first,
      told["max-deleted-entry-id"] or "",
    }
  end
  if clock() - began > tonumber(ARGV[1]) then
    break
  end
end
return out
