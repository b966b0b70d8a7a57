-- Keeps and publishes the alerts of a tick, together with the state from which the next tick is evaluated: once, by the
-- caller whose state follows from the one that is kept. Follows check.lua.
--
-- KEYS[1]      hash of the state: slot, at and state
-- KEYS[2]      stream of alerts
-- KEYS[3]      definitions of the rules
-- KEYS[4]      hash of totals
-- ARGV[1]      slot of the kept state from which the caller went out; '' if there was none
-- ARGV[2]      slot of the tick
-- ARGV[3]      when it was published, Unix milliseconds
-- ARGV[4]      the state after the tick
-- ARGV[5]      the definitions; '' if they are published already
-- ARGV[6]      alerts that the stream keeps
-- ARGV[7]      name of the stream's field, ARGV[8] the alerts' channel
-- ARGV[9 ...]  the alerts, as JSON
-- Returns      how many alerts were published; or -1: the kept state is another one, and nothing was done

local STATE, ALERTS, RULES, TOTALS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local slot, count, FIRST = tonumber(ARGV[2]), #ARGV - 8, 9

local fault = type_fault(STATE, 'hash') or type_fault(ALERTS, 'stream') or type_fault(RULES, 'string')
if fault then return redis.error_reply(fault) end
if (call('HGET', STATE, 'slot') or '') ~= ARGV[1] then return -1 end

-- The last id of the stream, as two numbers.
local function last_id()
  if call('EXISTS', ALERTS) == 0 then return 0, 0 end
  local about = call('XINFO', 'STREAM', ALERTS)
  for k = 1, #about, 2 do
    if about[k] == 'last-generated-id' then
      local first, second = string.match(about[k + 1], '^(%d+)-(%d+)$')
      return tonumber(first), tonumber(second)
    end
  end
end

if count > 0 then
  local first, second = last_id()
  -- Ids only rise, also after the server's clock was set back.
  if first < slot then first, second = slot, -1 end
  for a = 0, count - 1 do
    call('XADD', ALERTS, string.format('%.0f-%.0f', first, second + 1 + a), ARGV[7], ARGV[FIRST + a])
    call('PUBLISH', ARGV[8], ARGV[FIRST + a])
  end
  -- Once: to cut the stream with each alert takes longer.
  call('XTRIM', ALERTS, 'MAXLEN', ARGV[6])
  -- Not `call`: if the totals cannot be counted, the alerts are published all the same.
  redis.pcall('HINCRBY', TOTALS, 'alerts', count)
end
if ARGV[5] ~= '' then call('SET', RULES, ARGV[5]) end
call('HSET', STATE, 'slot', ARGV[2], 'at', ARGV[3], 'state', ARGV[4])
return count
