-- The session clock, and the boards and the change feed that are cleared with it. Follows check.lua and tape.lua; apply.lua,
-- roll.lua and move_session.lua follow it.
--
-- KEYS[1]     the session clock: the number of the session shown, YYYYMMDD and 0 (pre-market) or 1 (regular)
-- KEYS[2]     the revision counter
-- KEYS[3]     hash of symbol to its record of the day, as apply.lua writes it
-- KEYS[4]     the change feed: sorted set of symbol by the revision at which its quote last changed
-- KEYS[5..7]  as tape.lua lists them
-- KEYS[8...]  the boards' sorted sets

local CLOCK, REVISION, RECORDS, CHANGES = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local FIRST_OF_TAPE, FIRST_BOARD = 5, 8

local function day_of(session) return math.floor(session / 10) end
local function phase_of(session) return session % 10 end

-- Opens the tape. Returns an error's text if one of the keys is wrong, else nil.
local function session_fault(boards)
  local fault = number_fault(CLOCK, '^%d%d%d%d[01]%d[0-3]%d[01]$') or number_fault(REVISION, COUNT)
    or type_fault(RECORDS, 'hash') or type_fault(CHANGES, 'zset') or open_tape(FIRST_OF_TAPE)
  for b = 1, boards do fault = fault or type_fault(KEYS[FIRST_BOARD + b - 1], 'zset') end
  return fault
end

local function read_clock()
  return tonumber(call('GET', CLOCK) or 0)
end

-- Moves the clock from one session to a later one, and clears what ends with the earlier one.
-- clears_at_open: for each board, whether 09:30 clears it. Returns for each board whether it was cleared, and whether a
-- new day has started. The clock is written last: if a command fails before, the next call clears everything again.
local function roll(from, to, clears_at_open)
  local new_day = day_of(to) > day_of(from)
  if new_day then call('UNLINK', RECORDS, CHANGES) end
  local cleared = {}
  for b = 1, #clears_at_open do
    cleared[b] = new_day or clears_at_open[b]
    if cleared[b] then call('UNLINK', KEYS[FIRST_BOARD + b - 1]) end
  end
  call('INCR', REVISION)
  call('SET', CLOCK, string.format('%.0f', to))
  return cleared, new_day
end
