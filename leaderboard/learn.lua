-- Stores reference data of some symbols and gives each whose data changed a new version.
--
-- KEYS[1]     hash of symbol to the version of its reference data
-- KEYS[2...]  for each symbol two keys: its figures of the day before, its profile
-- ARGV[1]     msgpack map:
--   version   text that no call before this one has used
--   symbols   the symbols, in the order of the keys
--   figures   for each key its JSON; 'null': the source does not know
--   ttls      for each key the seconds that it lives
-- Returns     the number of symbols whose data changed

local batch = cmsgpack.unpack(ARGV[1])

-- Not knowing never takes the place of knowing, in no single figure: what is known lives until it expires.
local function completed(figures, held)
  local kept = {}
  -- Taken over as text, so that doubles stay the same.
  for name, value in string.gmatch(held, '"([%l_]+)":([^,}]+)') do
    if not string.find(figures, '"' .. name .. '":', 1, true) then kept[#kept + 1] = '"' .. name .. '":' .. value end
  end
  if #kept == 0 then return figures end
  if figures ~= '{}' then table.insert(kept, 1, string.sub(figures, 2, -2)) end
  return '{' .. table.concat(kept, ',') .. '}'
end

local function store(at)
  local key, figures, ttl = KEYS[1 + at], batch.figures[at], batch.ttls[at]
  local held = redis.call('GET', key)
  if figures == 'null' and held and held ~= 'null' then return false end
  if held and held ~= 'null' then figures = completed(figures, held) end
  redis.call('SET', key, figures, 'EX', ttl)
  return held ~= figures
end

local changed = 0
for i, symbol in ipairs(batch.symbols) do
  local previous, profile = store(2 * i - 1), store(2 * i)
  if previous or profile then
    redis.call('HSET', KEYS[1], symbol, batch.version)
    changed = changed + 1
  end
end
return changed
