-- How long this runs, in ms: by the clock of the process where scripts have it, since there TIME stands still within one
-- (Valkey, Redis from 7.2 on); by TIME where they do not.
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
local began = clock()
