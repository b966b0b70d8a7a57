-- Checks keys before a script's first write, because a script that fails later leaves what it has written. It
-- precedes a script's other files. Errors that begin with WRONGKEY blame a key, never an event.

local call = redis.call

-- An error's text if a key is of another type; nil if it is of this type or absent.
local function type_fault(key, kind)
  local held = call('TYPE', key)
  held = held.ok or held
  if held ~= 'none' and held ~= kind then
    return 'WRONGKEY ' .. key .. ' is of type ' .. held .. ', not ' .. kind
  end
end

-- A whole number that INCR accepts, far from overflowing.
local COUNT = '^%d+$'
local MOST_DIGITS = 15

-- An error's text if a key is no string that holds a whole number of this pattern; nil otherwise.
local function number_fault(key, pattern)
  local fault = type_fault(key, 'string')
  if fault then return fault end
  local held = call('GET', key)
  -- The value is not quoted: it may hold anything, even a line break, which would end the error.
  if held and (not string.match(held, pattern) or #held > MOST_DIGITS or string.match(held, '^0.')) then
    return 'WRONGKEY ' .. key .. ' does not hold a number of its kind'
  end
end
