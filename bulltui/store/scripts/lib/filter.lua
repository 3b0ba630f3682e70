-- What a job must be like at least (domain/scan.py says what each word means). A filter is a list of clauses, a clause
-- a list of tests: in each clause one must hold.
local find, lower, upper, sub = string.find, string.lower, string.upper, string.sub

-- Stands for a field that is too large to be read.
local TOO_LARGE = {}

-- A field over this many bytes is neither lowered nor matched by a pattern here: it is left to the client.
local EASY = 262144

-- The most common signs of what is stored, as a guess, the most common first.
local COMMON = '"e:,ta0o1in2 sr3hld/4cu56m789-pgfy_{}wbv.[]kxjqz'

-- Of two signs of a text, all ways to write them: a text that has none of these does not have the text either, which is
-- known sooner than all of it is lowered. Those are taken that are seldom met, and that are written in few ways.
local function marks_of(text)
  local function rarity(sign)
    return find(COMMON, sign, 1, true) or 100
  end
  local best, least
  for at = 1, #text - 1 do
    local first, second = sub(text, at, at), sub(text, at + 1, at + 1)
    local marks, known = {}, {}
    for _, a in ipairs({ first, upper(first) }) do
      for _, b in ipairs({ second, upper(second) }) do
        if not known[a .. b] then
          known[a .. b] = true
          marks[#marks + 1] = a .. b
        end
      end
    end
    -- One way to write it costs a look; one that is met costs five, for the whole text is lowered.
    local cost = #marks + 500 / (rarity(first) * rarity(second))
    if not least or cost < least then
      best, least = marks, cost
    end
  end
  return best or { text, upper(text) }
end

-- Whether a value has any of some marks.
local function marked_by(marks)
  local a, b, c, d = unpack(marks)
  if not b then
    return function(value) return find(value, a, 1, true) end
  elseif not c then
    return function(value) return find(value, a, 1, true) or find(value, b, 1, true) end
  end
  return function(value)
    return find(value, a, 1, true) or find(value, b, 1, true) or find(value, c, 1, true) or find(value, d, 1, true)
  end
end

-- A number as it is written in decimals, of at most 40 signs; anything else counts as 0, as does nothing.
local function number_of(text)
  if not text or #text > 40 or not find(text, "^[+-]?%d+%.?%d*[eE]?[+-]?%d*$") then
    return 0
  end
  return tonumber(text) or 0
end

local COMPARED = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
  ["="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
}

-- For each kind what tells whether a value (false where there is none) compares so; for texts as well what tells of any
-- value that is not empty, at once, that it may.
local CHECKS = {
  has = function(text)
    local function is_in(value) return find(value, text, 1, true) end
    return function(value) return value and is_in(value) ~= nil end, is_in
  end,
  fold = function(text)
    local is_marked = marked_by(marks_of(text))
    return function(value)
      if not value or #value > EASY then
        return value
      end
      return is_marked(value) and find(lower(value), text, 1, true) ~= nil
    end, is_marked
  end,
  pattern = function(text)
    return function(value) return value and (#value > EASY or find(value, text) ~= nil) end
  end,
  equal = function(text)
    return function(value) return value == text end
  end,
  number = function(text)
    local operator, bound = string.match(text, "^([<>=!]+)(.*)$")
    local compares = COMPARED[operator]
    bound = tonumber(bound)
    return function(value) return compares(number_of(value), bound) end
  end,
  present = function()
    return function(value) return value and true end
  end,
}

-- A test on the values at `places` of a list, 0 for the id. It tells true, false, or nil where only a value decides
-- that is too large.
local function test_of(kind, text, places)
  local check = CHECKS[kind](text)
  local first, last = places[1], #places
  local of_large = kind == "present" or nil
  return function(values, id)
    local value = first == 0 and id or values[first]
    if last == 1 then
      if value == TOO_LARGE then
        return of_large
      end
      return check(value) and true or false
    end
    local answer = false
    for p = 1, last do
      local place = places[p]
      value = place == 0 and id or values[place]
      if value == TOO_LARGE then
        if of_large then
          return true
        end
        answer = nil
      elseif check(value) then
        return true
      end
    end
    return answer
  end
end

-- Whether any of `parts` holds where `one_is_enough`, else whether all do. It tells the same as a test.
local function joined(parts, one_is_enough)
  if #parts == 1 then
    return parts[1]
  end
  return function(values, id)
    local answer = not one_is_enough
    for p = 1, #parts do
      local found = parts[p](values, id)
      if found == one_is_enough then
        return found
      elseif found == nil then
        answer = nil
      end
    end
    return answer
  end
end

-- A filter out of clauses of tests, each its kind, text and places.
local function filter_of(clauses)
  local parts = {}
  for c, clause in ipairs(clauses) do
    local tests = {}
    for t, test in ipairs(clause) do
      tests[t] = test_of(test.kind, test.text, test.places)
    end
    parts[c] = joined(tests, true)
  end
  return joined(parts, false)
end

-- A test that alone decides against most jobs: the first that is a clause by itself and not about the id; nil without.
local function sieve_of(clauses)
  for _, clause in ipairs(clauses) do
    local test = clause[1]
    if #clause == 1 and test.places[1] > 0 then
      return test
    end
  end
end
