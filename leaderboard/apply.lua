-- Applies a batch of events: opens, rows, quotes and their publication, boards, the session's roll. Follows
-- session.lua. The boards end up the same in whatever order, however often and by however many callers a set of
-- events is applied.
--
-- KEYS     as session.lua lists them, then for B boards and S symbols:
--   [4+B]             hash of symbol to the version of its reference data
--   [5+B ... ]        for each symbol two keys: its row's hash, its quote (which is the channel's name as well)
-- ARGV[1]  msgpack map:
--   clears_at_open    for each board, whether 09:30 clears it
--   scores            for each board the field that ranks it where it hangs on the open, else '': events bring it
--   retain            for each board the members kept
--   ttl               seconds that rows and quotes live
-- ARGV[2]  msgpack map of what few batches need:
--   fields            names of the row's fields, in order
--   ties              the fields that tell apart events of equal end, accumulated volume and start
-- ARGV[3]  '1': these are not new events, but the newest ones with newer reference data; else '0'
-- ARGV[4]  msgpack array: the batch's symbols, each once
-- ARGV[5]  the events, as msgpack values one after the other, 13+B an event: the symbol's index, session,
--          start_timestamp, end_timestamp, accumulated_volume, open, open (text), close, version of the reference
--          data used, what the row is made from, the row's JSON up to the value of open, from there up to that of
--          change_since_open, from pct_change_since_open's to the end, for each board its score (text)
-- ARGV[6...]  for each event two sequences of msgpack texts. What changes with every event: the values of the fields
--          that `write_row` names, then pairs of a field and its value. What reference data alone decides: pairs
-- Returns  a string, one character an event:
--   A  applied: the row changed and its quote was published
--   S  stale: a newer event of the symbol stands, and this one was not the session's earliest
--   L  late: of an earlier day than the clock's
--   R  refused: reference data has changed since the caller read it; nothing was done, apply it again
--
-- The record of a symbol's day is packed as RECORD says: end, accumulated volume, start and phase of its newest
-- event; start and end of the pre-market's earliest event, the same of the regular session's; the minute in which its
-- row's time to live was last renewed; then as texts that end with a zero byte: what the fields of its row that few
-- events change are made from (digest of the reference data and official open price), the pre-market's open, the
-- regular session's. An open is empty where there was no event; the first text is, where what the row holds is not
-- sure.

local RECORD = '<dddddddddsss'
local GREATEST = 1.7976931348623157e308
local tonumber, select, unpack, format = tonumber, select, unpack, string.format
local max, min = math.max, math.min
local decode, decode_some = cmsgpack.unpack, cmsgpack.unpack_limit
local read_record, make_record = struct.unpack, struct.pack

local constants = decode(ARGV[1])
local CLEARS_AT_OPEN, SCORES, RETAIN, TTL = constants.clears_at_open, constants.scores, constants.retain, constants.ttl
local BOARDS = #SCORES
local REFRESH = ARGV[3] == '1'
local symbols, EVENTS = decode(ARGV[4]), ARGV[5]
local EVENT_VALUES = 13 + BOARDS
local FIRST_PAIRS = 6
local COUNT = (#ARGV - FIRST_PAIRS + 1) / 2
local VERSIONS = KEYS[FIRST_BOARD + BOARDS]
-- The keys of symbol i are those at FIRST_ROW + 2 * i and the one after it.
local FIRST_ROW = FIRST_BOARD + BOARDS - 1

-- What stands in Redis, read for the whole batch at once, and what this batch makes of it, written at the end: for
-- each symbol by its index.
local clock = read_clock()
local versions = call('HMGET', VERSIONS, unpack(symbols))
local stored = call('HMGET', RECORDS, unpack(symbols))
local records = {}
-- Lives of four days are renewed to the minute, and not with every event.
local minute = math.floor(tonumber(call('TIME')[1]) / 60)
-- The event whose row is to be written, and where it begins in EVENTS; 0: the row in Redis, with another open.
local winners, offsets = {}, {}
local opens, changes, percents, quotes = {}, {}, {}, {}
-- Whether more of the row is to be written than what every event changes, and whether its time to live.
local anew, renew = {}, {}
local scores = {}
for b = 1, BOARDS do scores[b] = {} end
local channels, messages, published = {}, {}, 0

local function roll_to(session)
  local cleared, new_day = roll(clock, session, CLEARS_AT_OPEN)
  clock = session
  for b = 1, BOARDS do
    if cleared[b] then scores[b] = {} end
  end
  if new_day then stored, records = {}, {} end
end

-- Fills the open into a row's JSON, has the row and its quote written, and ranks it where the open decides.
local function put(i, phase, open, close, head, middle, tail)
  local base, change, percent = tonumber(open), '0', '0'
  if base ~= 0 then
    local difference = close - base
    change = format('%.17g', difference)
    -- Adding zero turns minus zero into zero.
    percent = format('%.17g', max(-GREATEST, min(GREATEST, difference / base * 100)) + 0)
  end
  local quote = head .. open .. middle .. change .. ',"pct_change_since_open":' .. percent .. tail
  opens[i], changes[i], percents[i], quotes[i] = open, change, percent, quote
  published = published + 1
  channels[published], messages[published] = KEYS[FIRST_ROW + 2 * i + 1], quote
  for b = 1, BOARDS do
    local field = SCORES[b]
    if field ~= '' then
      local score = field == 'pct_change_since_open' and percent or field == 'change_since_open' and change or open
      scores[b][i] = (not CLEARS_AT_OPEN[b] or phase == phase_of(clock)) and score
    end
  end
end

-- From here to `correct`: what few events need.

local few
local function rarely_needed()
  few = few or decode(ARGV[2])
  return few
end

-- The names of the first values that come with an event, in order.
local FIELDS = {'close', 'accumulated_volume', 'volume', 'high', 'low', 'vwap', 'aggregate_vwap', 'average_size',
  'relative_volume', 'change', 'pct_change', 'start_timestamp', 'end_timestamp', 'official_open_price'}

local function fields_of(n)
  local values, fields = {decode(ARGV[FIRST_PAIRS + 2 * (n - 1)])}, {}
  for k = 1, #FIELDS do fields[FIELDS[k]] = values[k] end
  return fields
end

-- For an event that ends and starts with the symbol's newest and has its accumulated volume: 1 where it is newer,
-- 0 where it is that very event, -1 where it is older.
local function compare(n, i)
  local ties, mine, theirs = rarely_needed().ties, fields_of(n), {}
  if (winners[i] or 0) > 0 then
    theirs = fields_of(winners[i])
  else
    local row = call('HMGET', KEYS[FIRST_ROW + 2 * i], unpack(ties))
    if not row[1] then return 1 end
    for k = 1, #ties do theirs[ties[k]] = row[k] end
  end
  for k = 1, #ties do
    local a, b = tonumber(mine[ties[k]]), tonumber(theirs[ties[k]])
    if a ~= b then return a > b and 1 or -1 end
  end
  return 0
end

-- The close in the hash of a row and the JSON around what hangs on its open; nothing where there is no hash.
local function read_row(i)
  local fields = rarely_needed().fields
  local row = call('HMGET', KEYS[FIRST_ROW + 2 * i], unpack(fields))
  if not row[1] then return end
  local close, json, pieces = nil, {}, {}
  for k = 1, #fields do
    local field, value = fields[k], row[k]
    json[#json + 1] = (k == 1 and '{"' or ',"') .. field .. '":'
    if field == 'open' or field == 'change_since_open' or field == 'pct_change_since_open' then
      pieces[#pieces + 1], json = table.concat(json), {}
    else
      json[#json + 1] = field == 'symbol' and '"' .. value .. '"' or value
    end
    if field == 'close' then close = tonumber(value) end
  end
  return close, pieces[1], pieces[2], table.concat(json) .. '}'
end

-- Puts the symbol's newest row again, with another open. Returns whether there is such a row.
local function correct(i, phase, open)
  local close, head, middle, tail
  if (winners[i] or 0) > 0 then
    local event = {decode_some(EVENTS, EVENT_VALUES, offsets[i])}
    close, head, middle, tail = event[9], event[12], event[13], event[14]
  else
    close, head, middle, tail = read_row(i)
    if not close then return false end
    winners[i] = 0
  end
  anew[i] = true
  put(i, phase, open, close, head, middle, tail)
  return true
end

-- Takes event n, which begins at `offset`, as it is decoded. Returns what became of it and where the next begins.
local function apply(n, offset, next_offset, i, session, start, ends, volume, open, open_text, close, version, origin,
                     head, middle, tail, ...)
  if session ~= clock and day_of(session) < day_of(clock) then return 'L', next_offset end
  if version ~= (versions[i] or '') then return 'R', next_offset end
  if session > clock then roll_to(session) end
  local phase = phase_of(session)

  local top_end, top_volume, top_start, top_phase = -1, -1, -1, phase
  local pre_start, pre_end, regular_start, regular_end, renewed = 0, 0, 0, 0, -1
  local held, pre_open, regular_open = '', '', ''
  local record = records[i] or stored[i]
  if record then
    top_end, top_volume, top_start, top_phase, pre_start, pre_end, regular_start, regular_end, renewed,
      held, pre_open, regular_open = read_record(RECORD, record)
  end

  if renewed ~= minute then renew[i] = true end

  local standing
  if ends ~= top_end then standing = ends > top_end and 1 or -1
  elseif volume ~= top_volume then standing = volume > top_volume and 1 or -1
  elseif start ~= top_start then standing = start > top_start and 1 or -1
  else standing = compare(n, i) end

  local first_start, first_end, first_open = pre_start, pre_end, pre_open
  if phase == 1 then first_start, first_end, first_open = regular_start, regular_end, regular_open end
  local open_of_row = top_phase == 0 and pre_open or regular_open
  local earliest = false
  if REFRESH then
    if standing ~= 0 then return 'S', next_offset end
  else
    earliest = first_open == '' or start < first_start
      or start == first_start and (ends < first_end or ends == first_end and open < tonumber(first_open))
    if earliest then
      first_open = open_text
      if phase == 0 then pre_start, pre_end, pre_open = start, ends, open_text
      else regular_start, regular_end, regular_open = start, ends, open_text end
    end
    if standing <= 0 then
      if not earliest then return 'S', next_offset end
      records[i] = make_record(RECORD, top_end, top_volume, top_start, top_phase, pre_start, pre_end,
        regular_start, regular_end, minute, held, pre_open, regular_open)
      return phase == top_phase and correct(i, phase, open_text) and 'A' or 'S', next_offset
    end
  end

  records[i] = make_record(RECORD, ends, volume, start, phase, pre_start, pre_end, regular_start, regular_end,
    minute, origin, pre_open, regular_open)
  winners[i], offsets[i] = n, offset
  anew[i] = anew[i] or origin ~= held or first_open ~= open_of_row
  put(i, phase, first_open, close, head, middle, tail)
  for b = 1, BOARDS do
    if SCORES[b] == '' then
      scores[b][i] = (not CLEARS_AT_OPEN[b] or phase == phase_of(clock)) and (select(b, ...))
    end
  end
  return 'A', next_offset
end

local outcomes, offset = {}, 0
for n = 1, COUNT do
  outcomes[n], offset = apply(n, offset, decode_some(EVENTS, EVENT_VALUES, offset))
end

-- A batch that ends here half done, at a key that is no hash, must not leave a record that says of a row what is not
-- so.
local function doubt(i)
  if not stored[i] then return end
  local record = {read_record(RECORD, stored[i])}
  record[10] = ''
  call('HSET', RECORDS, symbols[i], make_record(RECORD, unpack(record, 1, 12)))
end

-- Every event brings what it changes; the rest follows where it is not what the row holds already.
local function write_row(i, key, other_pairs, close, accumulated_volume, volume, high, low, vwap, aggregate_vwap,
                         average_size, relative_volume, change, pct_change, start, ends, official_open_price, ...)
  local added = call('HSET', key, 'close', close, 'accumulated_volume', accumulated_volume, 'volume', volume,
    'high', high, 'low', low, 'vwap', vwap, 'aggregate_vwap', aggregate_vwap, 'average_size', average_size,
    'relative_volume', relative_volume, 'change', change, 'pct_change', pct_change,
    'change_since_open', changes[i], 'pct_change_since_open', percents[i],
    'start_timestamp', start, 'end_timestamp', ends, ...)
  -- Fields that were not there: the row had expired, and the others are not there either, whatever the record says.
  if added > 0 then anew[i], renew[i] = true, true end
  if anew[i] then
    call('HSET', key, 'open', opens[i], 'official_open_price', official_open_price, decode(other_pairs))
  end
end

-- Rows come first: where one cannot be written, nothing refers to it yet, and its event can be applied again.
for i = 1, #symbols do
  local n = winners[i]
  if n then
    local key = KEYS[FIRST_ROW + 2 * i]
    if anew[i] then doubt(i) end
    if n > 0 then
      local own = FIRST_PAIRS + 2 * (n - 1)
      write_row(i, key, ARGV[own + 1], decode(ARGV[own]))
    else
      call('HSET', key, 'open', opens[i], 'change_since_open', changes[i], 'pct_change_since_open', percents[i])
    end
    if renew[i] then call('EXPIRE', key, TTL) end
    call('SET', KEYS[FIRST_ROW + 2 * i + 1], quotes[i], 'EX', TTL)
  end
end

local changed = {}
for i = 1, #symbols do
  if records[i] then
    changed[#changed + 1] = symbols[i]
    changed[#changed + 1] = records[i]
  end
end
if #changed > 0 then call('HSET', RECORDS, unpack(changed)) end

for b = 1, BOARDS do
  local key, of_board, ranked, gone, r = KEYS[FIRST_BOARD + b - 1], scores[b], {}, {}, 0
  for i = 1, #symbols do
    local score = of_board[i]
    if score then
      ranked[r + 1], ranked[r + 2] = score, symbols[i]
      r = r + 2
    elseif score == false then
      gone[#gone + 1] = symbols[i]
    end
  end
  -- Only what has grown needs cutting.
  if r > 0 and call('ZADD', key, unpack(ranked)) > 0 then call('ZREMRANGEBYRANK', key, 0, -RETAIN[b] - 1) end
  if #gone > 0 then call('ZREM', key, unpack(gone)) end
end

-- After all writes: a server whose memory is full refuses the first of them, and nobody hears of what is not there.
for k = 1, published do call('PUBLISH', channels[k], messages[k]) end
if published > 0 then call('INCR', REVISION) end
return table.concat(outcomes)
