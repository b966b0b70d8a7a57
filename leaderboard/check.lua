-- Checks keys before a script's first write, for a script that fails later leaves what it has written. It precedes
-- the other files of a script. An error that begins with WRONGKEY is the key's fault and never an event's.

local call = redis.call

-- What is wrong with the type of a key, as the text of an error; nil where nothing is.
local function type_fault(key, kind)
  local held = call('TYPE', key)
  held = held.ok or held
  if held ~= 'none' and held ~= kind then
    return 'WRONGKEY ' .. key .. ' is of type ' .. held .. ', not ' .. kind
  end
end

-- A whole number as INCR takes it, and far from where it would overflow.
local COUNT = '^%d+$'
local MOST_DIGITS = 15

-- The same of a string that holds a whole number.
local function number_fault(key, pattern)
  local fault = type_fault(key, 'string')
  if fault then return fault end
  local held = call('GET', key)
  -- What it holds is not quoted: it may be anything, also what would end the error's line.
  if held and (not string.match(held, pattern) or #held > MOST_DIGITS or string.match(held, '^0.')) then
    return 'WRONGKEY ' .. key .. ' does not hold a number of its kind'
  end
end
