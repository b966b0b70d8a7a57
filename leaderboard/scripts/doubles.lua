-- Writes doubles as doubles.py does: the fewest digits that read back as the same double, and of those the nearest. So a
-- row's bytes do not depend on which side wrote a number. Precedes apply.lua.

local tonumber, format, match, sub, rep = tonumber, string.format, string.match, string.sub, string.rep

local GREATEST = 1.7976931348623157e308
-- Below this, doubles are so far apart that fewer than 15 digits can tell them apart.
local LEAST_NORMAL = 2.2250738585072014e-308
-- Within these bounds, '%g' writes no exponent and neither does doubles.py.
local LEAST_PLAIN, GREATEST_PLAIN = 1e-4, 1e15

-- The next decimal above with as many digits: its digits and exponent.
local function next_digits(digits, exponent)
  local head, last, nines = match(digits, '^(%d-)([0-8])(9*)$')
  if not head then return '1' .. rep('0', #digits - 1), exponent + 1 end
  return head .. string.char(string.byte(last) + 1) .. rep('0', #nines), exponent
end

local function reads_as(digits, exponent, number)
  return tonumber(digits .. 'e' .. (exponent - #digits + 1)) == number
end

-- The digits of a number above 0, without zeros at the end, and the decimal exponent of the first.
local function shortest_digits(number)
  for count = number < LEAST_NORMAL and 1 or 15, 17 do
    local first, rest, exponent = match(format('%.' .. (count - 1) .. 'e', number), '^(%d)%.?(%d*)e([-+]%d+)$')
    local digits = first .. rest
    exponent = tonumber(exponent)
    -- Above a power of two, doubles are twice as far apart as below it: the nearest decimal may read as the double
    -- below, while the next decimal above is right.
    if not reads_as(digits, exponent, number) then digits, exponent = next_digits(digits, exponent) end
    if reads_as(digits, exponent, number) then return match(digits, '^(%d-)0*$'), exponent end
  end
end

-- The text of a number above 0, whatever its size.
local function text_of_any(number)
  local digits, exponent = shortest_digits(number)
  local count, whole = #digits, exponent + 1
  if whole >= count and whole <= 16 then return digits .. rep('0', whole - count) end
  if whole > 0 and whole <= 16 then return sub(digits, 1, whole) .. '.' .. sub(digits, whole + 1) end
  if whole > -5 and whole <= 0 then return '0.' .. rep('0', -whole) .. digits end
  local fraction = count > 1 and '.' .. sub(digits, 2) or ''
  return sub(digits, 1, 1) .. fraction .. 'e' .. exponent
end

-- The text of a number. Nearly all numbers are of ordinary size, and for these '%g' is right; it takes a tenth of the
-- time of `text_of_any`, which would double the cost of a bar.
local function text_of(number)
  -- Minus zero as well.
  if number == 0 then return '0' end
  local size = number < 0 and -number or number
  -- A mantissa of 0.5 is a power of two, for which '%g' may miss the shortest text.
  if size < LEAST_PLAIN or size >= GREATEST_PLAIN or math.frexp(size) == 0.5 then
    return (number < 0 and '-' or '') .. text_of_any(size)
  end
  local text = format('%.16g', number)
  if tonumber(text) ~= number then return format('%.17g', number) end
  local shorter = format('%.15g', number)
  return tonumber(shorter) == number and shorter or text
end
