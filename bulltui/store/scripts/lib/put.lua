-- Puts keys back that were saved. The saved ones stand in ARGV: suffix, type, ttl in ms or "", number of entries, then
-- the entries (fields and values, members and scores, each two). Of a hash with large values, which no script should
-- copy, these are in a key of their own already: its type is "parked" and its one entry the last part of that key's name.
-- It stands before the rest of the hash.
refusal = refusal_without("HSETNX", "PERSIST", "PEXPIRE", "RENAME", "SET")
if refusal then
  return refusal
end

local WIDTH = { hash = 2, zset = 2 }
local PUT = { hash = "HSET", list = "RPUSH", set = "SADD", zset = "ZADD" }
local AT_ONCE = 1000

-- The saved key that begins at an argument, and where the next one begins.
local function read_saved(at)
  local kind, count = ARGV[at + 1], tonumber(ARGV[at + 3])
  local saved = { suffix = ARGV[at], kind = kind, ttl = tonumber(ARGV[at + 2]), from = at + 4 }
  saved.to = at + 3 + count * (WIDTH[kind] or 1)
  return saved, saved.to + 1
end

-- Whether what was parked for a key has gone meanwhile.
local function is_lost(saved)
  return saved.kind == "parked" and call("EXISTS", queue.base .. ARGV[saved.from]) == 0
end

local function put_saved(key, saved)
  if saved.kind == "parked" then
    call("RENAME", queue.base .. ARGV[saved.from], key)
    call("PERSIST", key)
  elseif saved.kind == "string" then
    call("SET", key, ARGV[saved.from])
  else
    for from = saved.from, saved.to, AT_ONCE do
      local part = { unpack(ARGV, from, math.min(from + AT_ONCE - 1, saved.to)) }
      if saved.kind == "zset" then
        for i = 1, #part, 2 do
          part[i], part[i + 1] = part[i + 1], part[i]
        end
      end
      call(PUT[saved.kind], key, unpack(part))
    end
  end
  if saved.ttl then
    call("PEXPIRE", key, saved.ttl)
  end
end
