-- The tape: a stream of whatever changes the boards, for recorders. Follows check.lua.
--
-- A script opens it before its first write, and appends in the same atomic step as what it changes. While nobody records,
-- that is one EXISTS.
--
-- The keys stand in a row:
--   the bound: present while somebody records: for how many bars the stream has room
--   the stream
--   the counter of its positions: an entry's id is {position}-0, and a position counts the bars up to it

-- The names of the stream and of the counter, the counter's value, and the bound. nil: nobody records.
local TAPE, TAPE_POSITION, tape_position, TAPE_BOUND

-- Opens the tape whose first key is KEYS[first]. Returns an error's text if one of its keys is wrong, else nil.
local function open_tape(first)
  local recording, stream, position = KEYS[first], KEYS[first + 1], KEYS[first + 2]
  if call('EXISTS', recording) == 0 then return nil end
  local fault = number_fault(recording, COUNT) or type_fault(stream, 'stream') or number_fault(position, COUNT)
  if fault then return fault end
  TAPE, TAPE_POSITION, tape_position = stream, position, tonumber(call('GET', position) or 0)
  TAPE_BOUND = tonumber(call('GET', recording))
end

-- The server's time, Unix milliseconds.
local function server_time()
  local time = call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The position of the newest entry that the stream has ever had; 0: none.
local function last_position()
  if call('EXISTS', TAPE) == 0 then return 0 end
  local about = call('XINFO', 'STREAM', TAPE)
  for k = 1, #about, 2 do
    if about[k] == 'last-generated-id' then return tonumber(string.match(about[k + 1], '^%d+')) end
  end
end

-- Appends an entry if the tape is open. Oldest entries go where there would be more than the bound.
-- weight: the entry's size, in bars. kind, revision, session: of the entry. After them its own fields.
local function append_tape(weight, kind, revision, session, ...)
  if not TAPE then return end
  local milliseconds = string.format('%.0f', server_time())
  local function add(...)
    tape_position = tape_position + weight
    return redis.pcall('XADD', TAPE, 'MINID', '~', string.format('%.0f', math.max(0, tape_position - TAPE_BOUND)),
      string.format('%.0f-0', tape_position), 'k', kind, 'r', revision, 's', session, 't', milliseconds, ...)
  end
  local added = add(...)
  if type(added) == 'table' and string.find(added.err, 'smaller', 1, true) then
    -- The counter was lost: the stream still has its last position.
    tape_position = last_position()
    added = add(...)
  end
  if type(added) == 'table' then error(added.err) end
  call('SET', TAPE_POSITION, string.format('%.0f', tape_position))
end

-- These are for scripts without session.lua: the keys of the session clock and the revision counter follow the tape's.

local TAPE_SESSION, TAPE_REVISION

-- As open_tape.
local function open_whole_tape(first)
  local fault = open_tape(first)
  TAPE_SESSION, TAPE_REVISION = KEYS[first + 3], KEYS[first + 4]
  if TAPE then fault = number_fault(TAPE_SESSION, COUNT) or number_fault(TAPE_REVISION, COUNT) end
  return fault
end

-- As append_tape, with the revision and the session as they are now.
local function append_now(weight, kind, ...)
  if TAPE then append_tape(weight, kind, call('GET', TAPE_REVISION) or '0', call('GET', TAPE_SESSION) or '0', ...) end
end
