-- Adds dead letters to their stream and counts them, or removes some, and keeps the stream within its limits of letters and
-- bytes.
--
-- KEYS[1]      the stream
-- KEYS[2]      bytes of the letters in it; if absent or no number, they are counted anew
-- KEYS[3]      hash of totals: of all letters that were ever added, and by kind of their reason
-- ARGV[1]      letters at most
-- ARGV[2]      bytes at most; the oldest letters are removed first, the newest is always kept
-- ARGV[3]      'add' or 'remove'
-- ARGV[4...]   to add, for each letter five: reason, payload, time, kind of the reason, id of its task or ''; to remove,
--              their ids
-- Returns      how many were added, or removed

-- Bytes of a letter besides its values: its id, its lengths, its share of the stream's tables.
local BESIDE = 48
-- Letters longer than this fill their blocks of 4,096 bytes badly: a quarter of their size is added.
local LONG, EMPTY, BLOCK = 1000, 1.25, 64
-- Letters per read.
local PAGE = 500

local function size(fields)
  local bytes = BESIDE
  for i = 2, #fields, 2 do bytes = bytes + #fields[i] end
  return bytes > LONG and math.ceil(bytes * EMPTY) + BLOCK or bytes
end

local function counted()
  local bytes, after = 0, '-'
  while true do
    local page = redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', PAGE)
    for _, entry in ipairs(page) do bytes = bytes + size(entry[2]) end
    if #page < PAGE then return bytes end
    after = '(' .. page[#page][1]
  end
end

local most, most_bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
local length = redis.call('XLEN', KEYS[1])
local noted = redis.call('TYPE', KEYS[2]).ok == 'string' and tonumber(redis.call('GET', KEYS[2]))
local bytes = length > 0 and (noted or counted()) or 0
local changed = 0

if ARGV[3] == 'remove' then
  for i = 4, #ARGV do
    local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
    if entry then
      bytes = bytes - size(entry[2])
      changed = changed + redis.call('XDEL', KEYS[1], ARGV[i])
    end
  end
else
  local kinds = {}
  for i = 4, #ARGV, 5 do
    local fields = {'reason', ARGV[i], 'payload', ARGV[i + 1], 'time', ARGV[i + 2]}
    if ARGV[i + 4] ~= '' then
      fields[7], fields[8] = 'task', ARGV[i + 4]
    end
    redis.call('XADD', KEYS[1], '*', unpack(fields))
    bytes = bytes + size(fields)
    changed = changed + 1
    kinds[ARGV[i + 3]] = (kinds[ARGV[i + 3]] or 0) + 1
  end
  -- They are kept: a key of another type here must not have them come back, and be kept twice.
  redis.pcall('HINCRBY', KEYS[3], 'dead', changed)
  for kind, number in pairs(kinds) do redis.pcall('HINCRBY', KEYS[3], 'dead_' .. kind, number) end
  length = length + changed
  while length > 1 and (length > most or bytes > most_bytes) do
    local gone = 0
    for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', PAGE)) do
      if length - gone > 1 and (length - gone > most or bytes > most_bytes) then
        bytes = bytes - size(entry[2])
        gone = gone + 1
      end
    end
    length = length - gone
    redis.call('XTRIM', KEYS[1], 'MAXLEN', length)
  end
end
if changed > 0 then redis.call('SET', KEYS[2], string.format('%d', bytes)) end
return changed
