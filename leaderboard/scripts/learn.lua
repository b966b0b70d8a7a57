-- Stores reference data of symbols. Each symbol whose data changed gets a new version. Follows check.lua
-- and tape.lua.
--
-- A symbol's figures are a JSON object of numbers. If the source no longer gives a figure, the stored one is kept
-- until it expires. Its expiry, in Unix seconds, is stored beside it: "free_float":5e6,"free_float_until":1795392998.
-- A volume profile is replaced as a whole.
--
-- KEYS[1]     hash of symbol to the version of its reference data
-- KEYS[2]     sorted set of the same symbols by the Unix second at which their last figure expires
-- KEYS[3..5]  as tape.lua lists them; KEYS[6] the session clock, KEYS[7] the revision counter
-- KEYS[8...]  for each symbol three keys: its figures of the day before, its profile, its volume profile
-- ARGV[1]     msgpack map:
--   day       YYYYMMDD: the trading day that the figures of the day before are for
--   version   a text that no earlier call has used
--   symbols   the symbols, in the order of the keys
--   figures   for each symbol the JSON of its first two keys. 'null': the source does not know the symbol; empty: the key
--             is left as it is
--   ttls      for each of these its key's time to live, seconds
--   volume_profile_ttl  that of each volume profile
--   lives     for each symbol the seconds until all that is learned of it has expired; 0: nothing is
--   longest   seconds until all that can be learned of a symbol has expired
-- ARGV[2...]  for each symbol its volume profile, packed; empty: the key is left as it is
-- Returns     the number of symbols whose data changed

local VERSIONS, EXPIRIES, FIRST_OF_TAPE, FIRST_OF_SYMBOLS = KEYS[1], KEYS[2], 3, 8
-- Bytes of reference data that take the room of a bar on the tape.
local BYTES_OF_BAR = 100
-- Symbols that one call prunes at most.
local PRUNED = 1000
local UNTIL = '_until'
local batch = cmsgpack.unpack(ARGV[1])
local now = tonumber(call('TIME')[1])

-- Checked before the first write: workers do not read figures that have no new version.
local fault = type_fault(VERSIONS, 'hash') or type_fault(EXPIRIES, 'zset') or open_whole_tape(FIRST_OF_TAPE)
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

local function store_figures(key, figures, ttl)
  if figures == '' then return false end
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

local function store_volume_profile(key, profile)
  if profile == '' then return false end
  local changed = read(key) ~= profile
  call('SET', key, profile, 'EX', batch.volume_profile_ttl)
  return changed
end

-- Removes the versions of symbols whose figures have all expired. Versions that an older release wrote have no expiry:
-- they get the longest.
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

-- Notes for the tape what is stored of a symbol. The volume profile, which is large, only if it has changed.
local taped, taped_previous, taped_profiles, taped_volumes = {}, {}, {}, {}
local function note(symbol, key, volume_profile)
  local n = #taped + 1
  taped[n], taped_previous[n], taped_profiles[n] = symbol, read(KEYS[key]) or '', read(KEYS[key + 1]) or ''
  taped_volumes[n] = struct.pack('<I4', #volume_profile) .. volume_profile
end

local function append_learned()
  local symbols, volumes = table.concat(taped, '\n'), table.concat(taped_volumes)
  local previous, profiles = table.concat(taped_previous, '\n'), table.concat(taped_profiles, '\n')
  local bars = math.ceil((#symbols + #previous + #profiles + #volumes) / BYTES_OF_BAR)
  append_now(bars, 'learn', 'v', batch.version, 'day', batch.day, 'e', symbols, 'previous', previous,
    'profile', profiles, 'volumes', volumes)
end

prune()
local changed = 0
for i, symbol in ipairs(batch.symbols) do
  local first, second, key = 2 * i - 1, 2 * i, FIRST_OF_SYMBOLS + 3 * (i - 1)
  local previous = store_figures(KEYS[key], batch.figures[first], batch.ttls[first])
  local profile = store_figures(KEYS[key + 1], batch.figures[second], batch.ttls[second])
  local volume_profile = store_volume_profile(KEYS[key + 2], ARGV[1 + i])
  if previous or profile or volume_profile then
    call('HSET', VERSIONS, symbol, batch.version)
    if TAPE then note(symbol, key, volume_profile and ARGV[1 + i] or '') end
    changed = changed + 1
  end
  if batch.lives[i] > 0 then
    -- What an earlier call stored may live longer.
    call('ZADD', EXPIRIES, 'GT', now + batch.lives[i], symbol)
  end
end
if #taped > 0 then append_learned() end
return changed
