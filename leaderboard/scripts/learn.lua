-- Stores reference data of symbols. Each symbol whose data changed gets a new version. Follows check.lua.
--
-- A symbol's figures are a JSON object of numbers. If the source no longer gives a figure, the stored one is kept
-- until it expires. Its expiry, in Unix seconds, is stored beside it: "free_float":5e6,"free_float_until":1795392998.
--
-- KEYS[1]     hash of symbol to the version of its reference data
-- KEYS[2]     sorted set of the same symbols by the Unix second at which their last figure expires
-- KEYS[3...]  for each symbol two keys: its figures of the day before, its profile
-- ARGV[1]     msgpack map:
--   version   a text that no earlier call has used
--   symbols   the symbols, in the order of the keys
--   figures   for each key its JSON; 'null': the source does not know the symbol
--   ttls      for each key its time to live, seconds
--   longest   seconds until all figures of this call have expired
-- Returns     the number of symbols whose data changed

local VERSIONS, EXPIRIES = KEYS[1], KEYS[2]
-- Symbols that one call prunes at most.
local PRUNED = 1000
local UNTIL = '_until'
local batch = cmsgpack.unpack(ARGV[1])
local now = tonumber(call('TIME')[1])

-- Checked before the first write: workers do not read figures that have no new version.
local fault = type_fault(VERSIONS, 'hash') or type_fault(EXPIRIES, 'zset')
if fault then return redis.error_reply(fault) end

-- A key of another type holds no figures and is overwritten.
local function read(key)
  local held = redis.pcall('GET', key)
  return type(held) == 'string' and held or nil
end

local function figures_of(json)
  local figures, names = {}, {}
  for name, value in string.gmatch(json, '"([%l_]+)":([^,}]+)') do
    figures[name], names[#names + 1] = value, name
  end
  return figures, names
end

-- Returns the JSON to store in place of `held`, and whether any figure changed. Values are copied as text, so doubles
-- stay the same. expires: when `held` would have expired, Unix seconds.
local function completed(figures, held, expires)
  local given = figures_of(figures)
  local known, names = figures_of(held)
  local changed, kept = false, {}
  for name, value in pairs(given) do changed = changed or known[name] ~= value end
  for _, name in ipairs(names) do
    if string.sub(name, -#UNTIL) ~= UNTIL and not given[name] and tonumber(known[name]) then
      local lives_until = tonumber(known[name .. UNTIL]) or expires
      if lives_until > now then
        kept[#kept + 1] = string.format('"%s":%s,"%s":%.0f', name, known[name], name .. UNTIL, lives_until)
      else
        changed = true
      end
    end
  end
  if #kept > 0 and figures ~= '{}' then table.insert(kept, 1, string.sub(figures, 2, -2)) end
  return #kept > 0 and '{' .. table.concat(kept, ',') .. '}' or figures, changed
end

local function store(at)
  local key, figures, ttl = KEYS[2 + at], batch.figures[at], batch.ttls[at]
  local held, changed = read(key), figures ~= 'null'
  if held and held ~= 'null' then
    -- A source that does not know the symbol removes none of its figures.
    if figures == 'null' then return false end
    local left = call('TTL', key)
    figures, changed = completed(figures, held, now + (left > 0 and left or ttl))
  end
  call('SET', key, figures, 'EX', ttl)
  return changed
end

-- Removes the versions of symbols whose figures have all expired. Versions that an older release wrote have no expiry:
-- they get that of this call.
local function prune()
  if call('HLEN', VERSIONS) > call('ZCARD', EXPIRIES) then
    for _, symbol in ipairs(call('HKEYS', VERSIONS)) do
      call('ZADD', EXPIRIES, 'NX', now + batch.longest, symbol)
    end
  end
  local over = call('ZRANGEBYSCORE', EXPIRIES, '-inf', now, 'LIMIT', 0, PRUNED)
  if #over > 0 then
    call('HDEL', VERSIONS, unpack(over))
    call('ZREM', EXPIRIES, unpack(over))
  end
end

prune()
local changed = 0
for i, symbol in ipairs(batch.symbols) do
  local previous, profile = store(2 * i - 1), store(2 * i)
  if previous or profile then
    call('HSET', VERSIONS, symbol, batch.version)
    changed = changed + 1
  end
  if batch.figures[2 * i - 1] ~= 'null' or batch.figures[2 * i] ~= 'null' then
    call('ZADD', EXPIRIES, now + batch.longest, symbol)
  end
end
return changed
