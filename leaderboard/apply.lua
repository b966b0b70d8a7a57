-- Applies a batch of events: opens, rows, quotes and their publication, boards, the session's roll. Follows check.lua,
-- session.lua and numbers.lua. The boards end up the same in whatever order, however often and by however many callers
-- a set of events is applied.
--
-- An error undoes nothing of what was written before it. So the keys' types are checked before the first write, and the
-- records, by which an event that comes again is known, are written last.
--
-- KEYS     as session.lua lists them, then for B boards and S symbols:
--   [4+B]             hash of symbol to the version of its reference data
--   [5+B ... ]        for each symbol two keys: its row's hash, its quote (which is the channel's name as well)
--   [last]            hash of totals
-- ARGV[1]  msgpack map:
--   clears_at_open    for each board, whether 09:30 clears it
--   scores            for each board the field that ranks it where it hangs on the open, else '': events bring it
--   ascending         for each board, whether the lowest score ranks first and not the highest
--   retain            for each board the members kept
--   ttl               seconds that rows and quotes live
--   row_fields        how many fields a row has
--   symbols_bound     symbols of a day, above which new ones are refused of which no reference data is known
-- ARGV[2]  msgpack map of what few batches need:
--   fields            names of the row's fields, in order
--   ties              the fields that tell apart events of equal end, accumulated volume and start
-- ARGV[3]  '1': these are not new events, but the newest ones with newer reference data; else '0'
-- ARGV[4]  msgpack array: the batch's symbols, each once
-- ARGV[5]  the events, one at least, as msgpack values one after the other, 26+B an event: the symbol's index,
--          session, start_timestamp, end_timestamp, accumulated_volume, version of the reference data used, origin (see
--          below), the row as JSON, what the event stands in for (Frame.stands_in), open, supposed open,
--          change_since_open, pct_change_since_open, the fields that every event changes (see write_changes), for each
--          board its score. The first five are numbers, the others texts. The row, the changes and the scores hold if
--          the symbol's open in the session is the supposed one
-- ARGV[6]  msgpack map of the number of an event, which starts at 1, to an array: start and end of the earliest event of
--          its symbol's session that was conflated into it, whose open it has; how many were. Others stand alone
-- ARGV[7] msgpack map of the number of a session to its start in Unix milliseconds, for those of the events that must not
--          be rolled to before they have begun; empty where time is what the events say
-- Returns  an array. Its first element is a string, one character an event:
--   A  applied: the row changed and its quote was published
--   S  stale: a newer event of the symbol stands, and this one was not the session's earliest with an open price
--   L  late: of an earlier day than the clock's
--   B  beyond the bound of symbols: nothing was done
--   E  early: its session has not begun by the server's clock; nothing was done, apply it again once it has
--   R  refused: reference data has changed since the caller read it; nothing was done, apply it again
--          The others are pairs: the number of an event and its session's open, where the caller was mistaken
--
-- The record of a symbol's day is packed in two parts. Of its newest event: end, accumulated volume, start, phase,
-- the minute in which its row's time to live was last renewed, its origin. Of its sessions: start and end of the
-- pre-market's earliest event with an open price and of the regular session's, then these opens: '0' where no event had
-- one, empty where there was no event. An event's origin is what decides the fields that few events change: a digest of
-- the reference data and the official open price. It is empty where it is not sure what the row holds.

local NEWEST, SESSIONS = '<ddddds', '<ddddss'
local NO_SESSIONS = struct.pack(SESSIONS, 0, 0, 0, 0, '', '')
local GREATEST = 1.7976931348623157e308
local tonumber, select, unpack, sub, match = tonumber, select, unpack, string.sub, string.match
local decode, decode_some = cmsgpack.unpack, cmsgpack.unpack_limit
local take_apart, put_together = struct.unpack, struct.pack

local constants = decode(ARGV[1])
local CLEARS_AT_OPEN, SCORES = constants.clears_at_open, constants.scores
local ASCENDING, RETAIN = constants.ascending, constants.retain
local BOARDS, TTL, ROW_FIELDS, SYMBOLS_BOUND = #SCORES, constants.ttl, constants.row_fields, constants.symbols_bound
-- What an event stands in for where no reference data is known of its symbol.
local NOTHING_KNOWN = '2'
local REFRESH = ARGV[3] == '1'
local symbols, EVENTS, CONFLATED = decode(ARGV[4]), ARGV[5], decode(ARGV[6])
local EVENT_VALUES = 26 + BOARDS
local VERSIONS = KEYS[FIRST_BOARD + BOARDS]
-- The keys of symbol i are those at FIRST_ROW + 2 * i and the one after it.
local FIRST_ROW = FIRST_BOARD + BOARDS - 1

local fault = session_fault(BOARDS) or type_fault(VERSIONS, 'hash')
if fault then return redis.error_reply(fault) end

-- What stands in Redis, read for the whole batch at once, and what this batch makes of it, written at the end: for
-- each symbol by its index.
local clock = read_clock()
local versions = call('HMGET', VERSIONS, unpack(symbols))
local stored = call('HMGET', RECORDS, unpack(symbols))
local records = {}
-- Lives of four days are renewed to the minute, and not with every event.
local minute = math.floor(tonumber(call('TIME')[1]) / 60)
-- The row to be written, as JSON, and what of it every event changes.
local quotes, changing, changes, percents = {}, {}, {}, {}
-- Whether the whole row is to be written, and its time to live.
local anew, renew = {}, {}
local scores = {}
for b = 1, BOARDS do scores[b] = {} end
local channels, messages, published = {}, {}, 0
local mistaken = {}
-- Symbols of the day, once it matters.
local traded

local function roll_to(session)
  local cleared, new_day = roll(clock, session, CLEARS_AT_OPEN)
  clock = session
  for b = 1, BOARDS do
    if cleared[b] then scores[b] = {} end
  end
  if new_day then stored, records, traded = {}, {}, nil end
end

-- Takes a record apart, into its newest event's values and those of its sessions.
local function parse(record)
  local rest = select(7, take_apart(NEWEST, record))
  return take_apart(SESSIONS, record, rest)
end

-- Whether a session has not begun. The server's clock says so, for a caller's may differ, and time passes meanwhile.
local function is_early(session)
  local start = decode(ARGV[7])[session]
  if not start then return false end
  local time = call('TIME')
  return start > tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Has a row and its quote written, and ranks it where the open decides.
local function put(i, phase, open, change, percent, quote)
  changes[i], percents[i], quotes[i] = change, percent, quote
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

-- A field of a row in JSON, and its value as text: no value holds a quote, a comma or a brace.
local FIELD = '"([%l_]+)":"?([^",}]+)'

local function row_of(quote)
  local row = {}
  for field, value in string.gmatch(quote, FIELD) do row[field] = value end
  return row
end

local function is_number(text)
  local number = text and match(text, '^-?%d[%d.]*[-+%deE]*$') and tonumber(text)
  return number and math.abs(number) <= GREATEST
end

-- The symbol's row as it stands, with what this batch has made of it; nil where there is none. What its hash lacks - all
-- of it, or a field that only a later release has, or that is no number - its quote may tell; what neither does is 0.
-- (Store.newest does the same.)
local function standing_row(i)
  if quotes[i] then return row_of(quotes[i]) end
  local fields, row, found, whole = rarely_needed().fields, {symbol = symbols[i]}, false, true
  local key, quote_key = KEYS[FIRST_ROW + 2 * i], KEYS[FIRST_ROW + 2 * i + 1]
  local values = type_fault(key, 'hash') and {} or call('HMGET', key, unpack(fields))
  for k = 1, #fields do
    found = found or values[k]
    if is_number(values[k]) then row[fields[k]] = values[k] end
    whole = whole and row[fields[k]]
  end
  if whole then return row end
  local quote = not type_fault(quote_key, 'string') and call('GET', quote_key)
  if not found and not quote then return nil end
  local told = quote and row_of(quote) or {}
  for k = 1, #fields do
    local field = fields[k]
    row[field] = row[field] or is_number(told[field]) and told[field] or '0'
  end
  return row
end

-- For an event that ends and starts with the symbol's newest and has its accumulated volume: 1 where it is newer,
-- 0 where it is that very event, -1 where it is older.
local function compare(quote, i)
  local ties, mine, theirs = rarely_needed().ties, row_of(quote), standing_row(i)
  if not theirs then return 1 end
  for k = 1, #ties do
    local a, b = tonumber(mine[ties[k]]), tonumber(theirs[ties[k]])
    if a ~= b then return a > b and 1 or -1 end
  end
  return 0
end

-- Puts a row with an open that its maker did not know.
local function put_with_open(i, phase, row, open)
  local close, base, change, percent = tonumber(row.close), tonumber(open), 0, 0
  if base ~= 0 then
    change = close - base
    percent = math.min(GREATEST, change / base * 100)
  end
  row.open = open
  row.change_since_open, row.pct_change_since_open = text_of(change), text_of(percent)
  local fields, json = rarely_needed().fields, {}
  for k = 1, #fields do
    local value = row[fields[k]]
    json[k] = '"' .. fields[k] .. '":' .. (fields[k] == 'symbol' and '"' .. value .. '"' or value)
  end
  put(i, phase, open, row.change_since_open, row.pct_change_since_open, '{' .. table.concat(json, ',') .. '}')
end

-- Puts the symbol's newest row again, with another open. Returns whether there is such a row.
local function correct(i, phase, open)
  local row = standing_row(i)
  if not row then return false end
  anew[i] = true
  put_with_open(i, phase, row, open)
  return true
end

-- Has the quote that was put last tell how many events were left out in its favour.
local function tell_of(count)
  messages[published] = sub(messages[published], 1, -2) .. ',"folded":' .. string.format('%d', count) .. '}'
end

-- Takes event n as it is decoded. Returns what became of it and where the next begins.
local function apply(n, next_offset, i, session, start, ends, volume, version, origin, quote, stands_in,
                     open, supposed_open, change, percent, close, accumulated_volume, last_volume, high, low, vwap,
                     aggregate_vwap, average_size, relative_volume, change_since_close, pct_change, start_text, end_text,
                     ...)
  if session ~= clock and day_of(session) < day_of(clock) then return 'L', next_offset end
  if version ~= (versions[i] or '') then return 'R', next_offset end
  if session > clock then
    if is_early(session) then return 'E', next_offset end
    roll_to(session)
  end
  local phase = phase_of(session)

  local top_end, top_volume, top_start, top_phase, renewed, held, sessions = -1, -1, -1, phase, -1, '', NO_SESSIONS
  local record = records[i] or stored[i]
  if record then
    local rest
    top_end, top_volume, top_start, top_phase, renewed, held, rest = take_apart(NEWEST, record)
    sessions = sub(record, rest)
  end
  local pre_start, pre_end, regular_start, regular_end, pre_open, regular_open = take_apart(SESSIONS, sessions)
  if renewed ~= minute then renew[i] = true end

  local standing
  if ends ~= top_end then standing = ends > top_end and 1 or -1
  elseif volume ~= top_volume then standing = volume > top_volume and 1 or -1
  elseif start ~= top_start then standing = start > top_start and 1 or -1
  else standing = compare(quote, i) end
  if REFRESH and standing ~= 0 then return 'S', next_offset end
  if not record then
    traded = traded or call('HLEN', RECORDS)
    if traded >= SYMBOLS_BOUND and stands_in == NOTHING_KNOWN then return 'B', next_offset end
    traded = traded + 1
  end

  local conflated, start_of_open, end_of_open = CONFLATED[n], start, ends
  if conflated then start_of_open, end_of_open = conflated[1], conflated[2] end
  local first_start, first_end, first_open = pre_start, pre_end, pre_open
  if phase == 1 then first_start, first_end, first_open = regular_start, regular_end, regular_open end
  local open_of_row = top_phase == 0 and pre_open or regular_open
  -- A price of 0 is no price: it stands only until there is one.
  local earliest = not REFRESH and (first_open == '' or open ~= '0' and (first_open == '0'
    or start_of_open < first_start
    or start_of_open == first_start
    and (end_of_open < first_end or end_of_open == first_end and tonumber(open) < tonumber(first_open))))
  if earliest then
    first_open = open
    if phase == 0 then
      sessions = put_together(SESSIONS, start_of_open, end_of_open, regular_start, regular_end, open, regular_open)
    else
      sessions = put_together(SESSIONS, pre_start, pre_end, start_of_open, end_of_open, pre_open, open)
    end
  end

  if standing > 0 or REFRESH then
    records[i] = put_together(NEWEST, ends, volume, start, phase, minute, origin) .. sessions
    changing[i] = {close, accumulated_volume, last_volume, high, low, vwap, aggregate_vwap, average_size,
      relative_volume, change_since_close, pct_change, start_text, end_text, stands_in}
    anew[i] = anew[i] or REFRESH or origin ~= held or first_open ~= open_of_row
    if first_open == supposed_open then
      put(i, phase, first_open, change, percent, quote)
    else
      mistaken[#mistaken + 1], mistaken[#mistaken + 2] = n, first_open
      put_with_open(i, phase, row_of(quote), first_open)
    end
    if conflated then tell_of(conflated[3]) end
    for b = 1, BOARDS do
      if SCORES[b] == '' then
        scores[b][i] = (not CLEARS_AT_OPEN[b] or phase == phase_of(clock)) and (select(b, ...))
      end
    end
    return 'A', next_offset
  end
  if not earliest then return 'S', next_offset end
  local corrected = phase == top_phase and correct(i, phase, open)
  if corrected and conflated then tell_of(conflated[3]) end
  records[i] = put_together(NEWEST, top_end, top_volume, top_start, top_phase, corrected and minute or renewed, held)
    .. sessions
  return corrected and 'A' or 'S', next_offset
end

local outcomes = {}
local function apply_all()
  local offset = 0
  repeat
    local n = #outcomes + 1
    outcomes[n], offset = apply(n, decode_some(EVENTS, EVENT_VALUES, offset))
  until offset < 0
end

-- Nothing but a roll, which may come again, has been written yet.
local done, failure = pcall(apply_all)
if not done then
  for i = 1, #symbols do
    if stored[i] and not pcall(parse, stored[i]) then
      return redis.error_reply('WRONGKEY ' .. RECORDS .. ' does not hold a record of the field ' .. symbols[i])
    end
  end
  error(failure)
end

-- Invalidates the origin before a row is written whole: if the script fails half-way, the record must not say of the
-- row what is no longer so.
local function doubt(i)
  if not stored[i] then return end
  local ends, volume, start, phase, renewed, _, rest = take_apart(NEWEST, stored[i])
  call('HSET', RECORDS, symbols[i],
    put_together(NEWEST, ends, volume, start, phase, renewed, '') .. sub(stored[i], rest))
end

-- Writes fields of a row. What is no hash is removed first: whoever put it there, a row is made of its event, so nothing
-- is lost with it. Returns how many of the fields were not there.
local function set_fields(key, ...)
  local added = redis.pcall('HSET', key, ...)
  if type(added) == 'table' then
    if string.find(added.err, 'WRONGTYPE', 1, true) then call('UNLINK', key) end
    added = call('HSET', key, ...)
  end
  return added
end

-- Writes what every event changes of a row. Returns how many of these fields were not there.
local function write_changes(key, quote, c, change, percent)
  if c[14] ~= '' then
    set_fields(key, 'prev_day_close', match(quote, '"prev_day_close":([^,]+)'),
      'prev_day_volume', match(quote, '"prev_day_volume":([^,]+)'),
      'prev_day_vwap', match(quote, '"prev_day_vwap":([^,]+)'))
  end
  return set_fields(key, 'close', c[1], 'accumulated_volume', c[2], 'volume', c[3], 'high', c[4], 'low', c[5],
    'vwap', c[6], 'aggregate_vwap', c[7], 'average_size', c[8], 'relative_volume', c[9], 'change', c[10],
    'pct_change', c[11], 'start_timestamp', c[12], 'end_timestamp', c[13], 'change_since_open', change,
    'pct_change_since_open', percent)
end

local function write_row(key, quote)
  local row, k = {}, 0
  for field, value in string.gmatch(quote, FIELD) do
    row[k + 1], row[k + 2] = field, value
    k = k + 2
  end
  return set_fields(key, unpack(row))
end

-- Rows come first: where one cannot be written, nothing refers to it yet, and its event can be applied again.
for i = 1, #symbols do
  local quote = quotes[i]
  if quote then
    local key, added = KEYS[FIRST_ROW + 2 * i], nil
    if anew[i] then
      doubt(i)
      added = write_row(key, quote)
    else
      added = write_changes(key, quote, changing[i], changes[i], percents[i])
      -- Where the row was gone, the other fields are not there either, whatever the record says.
      if added > 0 then write_row(key, quote) end
    end
    if renew[i] or added > 0 then
      -- One of a release that had fewer fields.
      if call('HLEN', key) < ROW_FIELDS then write_row(key, quote) end
      call('EXPIRE', key, TTL)
    end
    local quote_key = KEYS[FIRST_ROW + 2 * i + 1]
    if renew[i] or not call('SET', quote_key, quote, 'XX', 'KEEPTTL') then call('SET', quote_key, quote, 'EX', TTL) end
  end
end

-- Puts scores and their symbols, which follow one another in `ranked`, on a board, and keeps its best `retain` members.
local function rank(key, ascending, retain, ranked)
  if call('ZCARD', key) >= retain then
    -- It is full. Its members get their new scores first: then what ranks below the last one need not be added, for it
    -- would only be cut off again.
    call('ZADD', key, 'XX', unpack(ranked))
    local last = ascending and -1 or 0
    local bound, reaching, r = tonumber(call('ZRANGE', key, last, last, 'WITHSCORES')[2]), {}, 0
    for k = 1, #ranked, 2 do
      local score = tonumber(ranked[k])
      if ascending and score <= bound or not ascending and score >= bound then
        reaching[r + 1], reaching[r + 2] = ranked[k], ranked[k + 1]
        r = r + 2
      end
    end
    ranked = reaching
  end
  -- Only a board that has grown needs cutting.
  if #ranked > 0 and call('ZADD', key, unpack(ranked)) > 0 then
    if ascending then call('ZREMRANGEBYRANK', key, retain, -1) else call('ZREMRANGEBYRANK', key, 0, -retain - 1) end
  end
end

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
  if r > 0 then rank(key, ASCENDING[b], RETAIN[b], ranked) end
  if #gone > 0 then call('ZREM', key, unpack(gone)) end
end

-- After rows and boards: a server whose memory is full refuses the first write, and nobody hears of what is not there.
if published > 0 then call('INCR', REVISION) end
for k = 1, published do call('PUBLISH', channels[k], messages[k]) end

-- Last of all, for by them an event that comes again is stale.
local changed = {}
for i = 1, #symbols do
  if records[i] then
    changed[#changed + 1] = symbols[i]
    changed[#changed + 1] = records[i]
  end
end
if #changed > 0 then call('HSET', RECORDS, unpack(changed)) end

-- Totals, for whoever watches. A refused event is counted when it comes again; newer reference data is no event. Of
-- each symbol's newest event the lag is added up, as long as it tells of this day and not of a replay.
local LONGEST_LAG = 86400000
if not REFRESH then
  local time, counted = call('TIME'), {A = 0, S = 0, L = 0, E = 0, B = 0, R = 0, folded = 0, lag = 0, lags = 0}
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  for n = 1, #outcomes do counted[outcomes[n]] = counted[outcomes[n]] + 1 end
  for i = 1, #symbols do
    -- None of a symbol whose day ended within the batch.
    if records[i] and changing[i] then
      local lag = math.max(0, now - take_apart('<d', records[i]))
      if lag <= LONGEST_LAG then counted.lag, counted.lags = counted.lag + lag, counted.lags + 1 end
    end
  end
  for n, conflated in pairs(CONFLATED) do
    if match(outcomes[n], '[ASL]') then counted.folded = counted.folded + conflated[3] end
  end
  local names = {applied = 'A', stale = 'S', late = 'L', early = 'E', beyond = 'B', folded = 'folded', lag_ms = 'lag',
    lags = 'lags'}
  for field, name in pairs(names) do
    -- The events are applied: no key of another type here may have them come back.
    if counted[name] > 0 then redis.pcall('HINCRBY', KEYS[#KEYS], field, counted[name]) end
  end
end
return {table.concat(outcomes), unpack(mistaken)}
