-- Says that somebody records, so that the scripts write the tape. Follows check.lua and tape.lua.
--
-- KEYS[1...3]  as tape.lua lists them
-- KEYS[4]      the session clock
-- KEYS[5]      the revision counter
-- ARGV[1]      the tape's bound
-- ARGV[2]      seconds after which nobody records, unless somebody says so again
-- Returns      1; 0 if nobody has recorded until now: an entry says so

local recorded = call('EXISTS', KEYS[1]) == 1
-- A server whose memory is full refuses SET but not EXPIRE: the recorder goes on, and makes room.
local is_right = not number_fault(KEYS[1], COUNT) and call('GET', KEYS[1]) == ARGV[1]
local renewed = is_right and call('EXPIRE', KEYS[1], ARGV[2]) == 1
-- Any other value of the key is overwritten.
if not renewed then call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
local fault = open_whole_tape(1)
if fault then
  call('UNLINK', KEYS[1])
  return redis.error_reply(fault)
end
if recorded then return 1 end
append_now(1, 'start')
return 0
