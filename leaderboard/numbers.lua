-- Writes doubles as the Python side does (row.texts): the fewest digits that read back as the same double, and of
-- those the nearest. So a row's bytes do not depend on which side has made it. Precedes apply.lua.

-- Below this doubles lie so far apart that fewer than 15 digits can tell them apart.
local LEAST_NORMAL = 2.2250738585072014e-308

-- The next decimal above of as many digits, as its digits and exponent.
local function next_digits(digits, exponent)
  local head, last, nines = string.match(digits, '^(%d-)([0-8])(9*)$')
  if not head then return '1' .. string.rep('0', #digits - 1), exponent + 1 end
  return head .. string.char(string.byte(last) + 1) .. string.rep('0', #nines), exponent
end

local function reads_as(digits, exponent, number)
  return tonumber(digits .. 'e' .. (exponent - #digits + 1)) == number
end

-- The digits of a number above 0, without zeros at their end, and the decimal exponent of the first.
local function shortest_digits(number)
  for count = number < LEAST_NORMAL and 1 or 15, 17 do
    local first, rest, exponent = string.match(string.format('%.' .. (count - 1) .. 'e', number),
      '^(%d)%.?(%d*)e([-+]%d+)$')
    local digits = first .. rest
    exponent = tonumber(exponent)
    -- Above a power of two doubles lie twice as far apart as below: the nearest decimal may read as the double below,
    -- where the next one above is right.
    if not reads_as(digits, exponent, number) then digits, exponent = next_digits(digits, exponent) end
    if reads_as(digits, exponent, number) then return string.match(digits, '^(%d-)0*$'), exponent end
  end
end

local text_of

-- A number's text.
function text_of(number)
  -- Minus zero as well.
  if number == 0 then return '0' end
  if number < 0 then return '-' .. text_of(-number) end
  local digits, exponent = shortest_digits(number)
  local count, whole = #digits, exponent + 1
  if whole >= count and whole <= 16 then return digits .. string.rep('0', whole - count) end
  if whole > 0 and whole <= 16 then return string.sub(digits, 1, whole) .. '.' .. string.sub(digits, whole + 1) end
  if whole > -5 and whole <= 0 then return '0.' .. string.rep('0', -whole) .. digits end
  local fraction = count > 1 and '.' .. string.sub(digits, 2) or ''
  return string.sub(digits, 1, 1) .. fraction .. 'e' .. exponent
end
