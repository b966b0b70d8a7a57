--!df flags=allow-undeclared-keys
-- Publishes all boards as they are at one moment. Of the callers in a slot only the first publishes, and only if
-- something has changed. Follows check.lua and tape.lua.
--
-- KEYS[1]          hash about the last snapshot: its slot, revision and published_at (Unix milliseconds); and
--                  attempted_at, the time of the last call
-- KEYS[2]          hash of totals
-- KEYS[3 .. 5]     as tape.lua lists them; KEYS[6] the session clock, KEYS[7] the revision counter
-- KEYS[8 .. 7+B]   the boards' sorted sets
-- KEYS[8+B ...]    for each board its cache key, which is the channel's name as well
-- ARGV[1]          seconds between snapshots
-- ARGV[2]          rows on a board
-- ARGV[3]          prefix of the quotes' keys. The sorted sets say which are read, so they cannot be declared
-- ARGV[4]          seconds that snapshots live
-- ARGV[5 ...]      for each board 'descending' or 'ascending': whether the highest or the lowest score ranks first
-- Returns          an array: 'published' and the number of rows sent; while somebody records also the slot and, for each
--                  board, what was published; or 'taken': the slot was published before;
--                  or 'unchanged': nothing has changed since the last snapshot

local interval, size, prefix, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local SNAPSHOT, TOTALS, FIRST_OF_TAPE, REVISION, BEFORE_BOARDS = KEYS[1], KEYS[2], 3, KEYS[7], 7
local boards = (#KEYS - BEFORE_BOARDS) / 2

local fault = number_fault(REVISION, COUNT) or type_fault(SNAPSHOT, 'hash') or open_whole_tape(FIRST_OF_TAPE)
for b = 1, boards do fault = fault or type_fault(KEYS[BEFORE_BOARDS + b], 'zset') end
if fault then return redis.error_reply(fault) end

-- Time is the server's, so callers need not agree on it. The last fifth of an interval counts as the next slot, so a
-- call gets the slot that it is meant for even if it comes a little early or late.
local time = call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local slot = math.floor(now / interval + 0.2)
local milliseconds = string.format('%.0f', now * 1000)
call('HSET', SNAPSHOT, 'attempted_at', milliseconds)

local last = call('HMGET', SNAPSHOT, 'slot', 'revision')
-- A slot that is no number counts as 0; the snapshot overwrites it.
local ahead = (tonumber(last[1] or 0) or 0) - slot
-- If the last slot is far ahead, the server's clock was set back: go on publishing.
if ahead >= 0 and ahead < 10 then return {'taken'} end
local revision = call('GET', REVISION) or '0'
if revision == (last[2] or '0') then return {'unchanged'} end

local function snapshot_of(key, order)
  local symbols = call(order == 'ascending' and 'ZRANGE' or 'ZREVRANGE', key, 0, size - 1)
  if #symbols == 0 then return '[]', 0 end
  for i = 1, #symbols do symbols[i] = prefix .. symbols[i] end
  local rows = {}
  for _, quote in ipairs(call('MGET', unpack(symbols))) do
    -- A quote that has expired leaves no hole in the ranks.
    if quote then rows[#rows + 1] = '{"rank":' .. (#rows + 1) .. ',' .. string.sub(quote, 2) end
  end
  return '[' .. table.concat(rows, ',') .. ']', #rows
end

local sent, published = 0, {}
for b = 1, boards do
  local snapshot, rows = snapshot_of(KEYS[BEFORE_BOARDS + b], ARGV[4 + b])
  sent = sent + rows
  call('SET', KEYS[BEFORE_BOARDS + boards + b], snapshot, 'EX', ttl)
  call('PUBLISH', KEYS[BEFORE_BOARDS + boards + b], snapshot)
  if TAPE then published[b] = snapshot end
end
append_now(1, 'tick', 'slot', slot, 'published_at', milliseconds)
call('HSET', SNAPSHOT, 'slot', slot, 'revision', revision, 'published_at', milliseconds)
-- Not `call`: if the totals cannot be counted, the boards are published all the same.
redis.pcall('HINCRBY', TOTALS, 'published', 1)
return {'published', sent, TAPE and slot, unpack(published)}
