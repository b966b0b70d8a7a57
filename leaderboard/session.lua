-- The session clock and the boards it clears: shared by apply.lua and roll.lua, which it precedes in one script.
--
-- KEYS[1]    the session clock: the number of the session shown, YYYYMMDD and 0 (pre-market) or 1 (regular)
-- KEYS[2]    the revision counter
-- KEYS[3]    hash of symbol to the precedence of its newest event of the day
-- KEYS[4]    hash of symbol to its open price in the pre-market
-- KEYS[5]    hash of symbol to its open price in the regular session
-- KEYS[6...] the boards' sorted sets

local CLOCK, REVISION, NEWEST = KEYS[1], KEYS[2], KEYS[3]
local OPENS = {[0] = KEYS[4], [1] = KEYS[5]}
local FIRST_BOARD = 6

local function day_of(session) return math.floor(session / 10) end
local function phase_of(session) return session % 10 end

local function read_clock()
  return tonumber(redis.call('GET', CLOCK) or 0)
end

-- Moves the clock forward from one session to a later one and clears what does not outlast that step.
-- boards: for each board, whether 09:30 clears it. Returns for each board whether it was cleared.
local function roll(from, to, boards)
  local new_day = day_of(to) > day_of(from)
  if new_day then redis.call('UNLINK', NEWEST, OPENS[0], OPENS[1]) end
  local cleared = {}
  for b = 1, #boards do
    cleared[b] = new_day or boards[b].clears_at_open
    if cleared[b] then redis.call('UNLINK', KEYS[FIRST_BOARD + b - 1]) end
  end
  redis.call('SET', CLOCK, string.format('%.0f', to))
  redis.call('INCR', REVISION)
  return cleared, new_day
end
