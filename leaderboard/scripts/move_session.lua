-- Moves the session clock to a session of the operator's choice, whatever it holds, and deletes what belongs to other
-- sessions. Follows check.lua, tape.lua and session.lua.
--
-- KEYS     as session.lua lists them, then the hash of symbol to the version of its reference data
-- ARGV[1]  the number of the session
-- ARGV[2]  what the clock's key held when the operator looked: its type; of a string also a blank and its value
-- ARGV[3]  '1': the records are of the session's day: keep them, the change feed, and the boards that last the day;
--          '0': keep nothing
-- ARGV[4]  msgpack array: for each board, whether 09:30 clears it
-- Returns  1; 0 if the clock has changed since, and nothing was done

local function content()
  local kind = call('TYPE', CLOCK)
  kind = kind.ok or kind
  return kind == 'string' and 'string ' .. call('GET', CLOCK) or kind
end

if content() ~= ARGV[2] then return 0 end
local keep, clears_at_open = ARGV[3] == '1', cmsgpack.unpack(ARGV[4])
local fault = number_fault(REVISION, COUNT) or type_fault(KEYS[#KEYS], 'hash') or open_tape(FIRST_OF_TAPE)
  or keep and (type_fault(RECORDS, 'hash') or type_fault(CHANGES, 'zset')) or nil
for b = 1, #clears_at_open do
  if keep and not clears_at_open[b] then fault = fault or type_fault(KEYS[FIRST_BOARD + b - 1], 'zset') end
end
-- Keys that are kept must be right, or the rows could not be ranked afterwards.
if fault then return redis.error_reply(fault) end
if not keep then call('UNLINK', RECORDS, CHANGES) end
for b = 1, #clears_at_open do
  if not keep or clears_at_open[b] then call('UNLINK', KEYS[FIRST_BOARD + b - 1]) end
end
local revision = call('INCR', REVISION)
call('SET', CLOCK, ARGV[1])
append_tape(1, 'move', revision, ARGV[1], 'keeps', ARGV[3])
return 1
