-- Rolls the session clock forward; at or behind the clock it does nothing. Follows session.lua.
--
-- KEYS     as session.lua lists them
-- ARGV[1]  the number of the session to roll to
-- ARGV[2]  msgpack array: for each board, whether 09:30 clears it
-- Returns  1 when the clock moved, else 0

local from, to = read_clock(), tonumber(ARGV[1])
if to <= from then return 0 end
roll(from, to, cmsgpack.unpack(ARGV[2]))
return 1
