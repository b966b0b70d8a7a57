-- Says whether its caller has to publish the boards: it has unless they are published for this slot already, or nothing
-- has changed. Follows check.lua and tape.lua.
--
-- KEYS[1]          hash about the last snapshot: its slot, revision and published_at (Unix milliseconds); and
--                  attempted_at, the time of the last call
-- KEYS[2 .. 4]     as tape.lua lists them; KEYS[5] the session clock, KEYS[6] the revision counter
-- KEYS[7 ...]      the boards' sorted sets
-- ARGV[1]          seconds between snapshots
-- ARGV[2]          of several servers, the revisions of the others as text
-- Returns          an array: 'due', the slot and, as 1 or 0, whether somebody records; or 'taken': the slot was
--                  published before; or 'unchanged': nothing has changed since the last snapshot

local interval = tonumber(ARGV[1])
local SNAPSHOT, FIRST_OF_TAPE, REVISION, FIRST_BOARD = KEYS[1], 2, KEYS[6], 7

local fault = number_fault(REVISION, COUNT) or type_fault(SNAPSHOT, 'hash') or open_whole_tape(FIRST_OF_TAPE)
for b = FIRST_BOARD, #KEYS do fault = fault or type_fault(KEYS[b], 'zset') end
if fault then return redis.error_reply(fault) end

-- Time is the server's, so callers need not agree on it. The last fifth of an interval counts as the next slot, so a
-- call gets the slot that it is meant for even if it comes a little early or late.
local time = call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local slot = math.floor(now / interval + 0.2)
call('HSET', SNAPSHOT, 'attempted_at', string.format('%.0f', now * 1000))

local last = call('HMGET', SNAPSHOT, 'slot', 'revision', 'others')
-- A slot that is no number counts as 0; the snapshot overwrites it.
local ahead = (tonumber(last[1] or 0) or 0) - slot
-- If the last slot is far ahead, the server's clock was set back: go on publishing.
if ahead >= 0 and ahead < 10 then return {'taken'} end
if (call('GET', REVISION) or '0') == (last[2] or '0') and (not ARGV[2] or ARGV[2] == last[3]) then return {'unchanged'} end
return {'due', slot, TAPE and 1 or 0}
