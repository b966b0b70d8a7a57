-- Rolls the session clock forward to a session. If the clock stands there or later, nothing changes. Follows check.lua,
-- tape.lua and session.lua.
--
-- KEYS     as session.lua lists them
-- ARGV[1]  the number of the session to roll to
-- ARGV[2]  msgpack array: for each board, whether 09:30 clears it
-- Returns  1 when the clock moved, else 0

local to, clears_at_open = tonumber(ARGV[1]), cmsgpack.unpack(ARGV[2])
local fault = session_fault(#clears_at_open)
if fault then return redis.error_reply(fault) end
local from = read_clock()
if to <= from then return 0 end
roll(from, to, clears_at_open)
if TAPE then append_tape(1, 'roll', call('GET', REVISION), ARGV[1]) end
return 1
