-- Applies a batch of events: updates open prices, rows and boards, publishes quotes, rolls the session clock. Any order,
-- repetition and distribution over callers of the same set of events gives the same result.
--
-- Follows check.lua, tape.lua, session.lua, doubles.lua, what row_script.py generates from the table of fields, and the lag
-- histogram's bounds, which totals.py generates.
--
-- If a script fails, Redis keeps what it wrote before. So the types of the keys are checked before the first write, and
-- the records, which make a redelivered event stale, are written last. (Only their origins are emptied before: see below.)
--
-- KEYS     as session.lua lists them, then for B boards and S symbols:
--   [8+B]             hash of symbol to the version of its reference data
--   [9+B ... ]        for each symbol two keys: its row's hash, its quote (which is the channel's name as well)
--   [last]            hash of totals
-- ARGV[1]  msgpack map:
--   fields            for each board the field that ranks it
--   ascending         for each board, whether the lowest score ranks first
--   clears_at_open    for each board, whether it is cleared at 09:30 and holds only symbols of the session shown
--   retain            for each board, how many members it keeps
--   ttl               seconds that rows and quotes live
--   symbols_bound     symbols of a day; beyond it, new ones are refused unless reference data is known of them
-- ARGV[2]  '1': these are the symbols' newest events again, with newer reference data; '0': they are new events
-- ARGV[3]  msgpack array: the batch's symbols, each once
-- ARGV[4]  the events, at least one, as msgpack values one after the other. Of each event:
--   its symbol's index in ARGV[3], the number of its session, start, end, accumulated volume, high, low (numbers; the
--   close stands in for a high or low of 0); the version of the reference data used, the origin (see below),
--   RowTemplate.stand_ins, the event's own open price, the fields that events change and the JSON of the others as
--   row_script.py orders them (texts). The fields are computed with a supposed open price of the session
-- ARGV[5]  msgpack map of the number of an event, from 1, to an array: start and end of the earliest event of its symbol's
--          session that was conflated into it, whose open it has; how many were; what all of them say of the day, as
--          day_values.py orders it. Others stand alone
-- ARGV[6]  msgpack map of the number of a session to its start in Unix milliseconds: sessions that must not be rolled to
--          before they begin. Empty where time is what the events say
-- ARGV[7]  msgpack map of the number of a session to the end of its day's regular hours in Unix milliseconds
-- ARGV[8]  how many bars the batch's entry of the tape has; '0': the caller has not made it
-- ARGV[9...] the entry's fields that the caller makes (tape/bars.py), each before its value
-- Returns  an array. First the outcomes, one character an event. If somebody records and the caller has not made the entry,
--          this string is empty and nothing was done: send the batch again with its entry
--   A  applied: the row was written and its quote published
--   S  stale: the row stays, for this very event or a newer one stands; at most its symbol's record has changed
--   L  late: of an earlier day than the clock's
--   B  beyond the bound of symbols: nothing was done
--   E  early: its session has not begun by the server's clock; nothing was done, apply it again once it has
--   R  refused: reference data has changed since the caller read it; nothing was done, apply it again
--          Second whether somebody records, as 1 or 0. Then pairs: the number of an event whose supposed open price was
--          wrong, and the right one
--
-- The record of a symbol's day has three parts. Of its newest event: end, accumulated volume, start, hours, the minute in
-- which its row's time to live was last renewed, its origin. Of its sessions: start and end of the pre-market's earliest
-- event with an open price, and of the regular session's, then these opens: '0' where no event had one, empty where there
-- was no event. Of the day, as texts: high, end of the earliest event that reached it, low, pre-market high and low, close
-- of the newest event of the regular hours; then that event's end, accumulated volume and start, unless it is the newest of
-- all. An older release writes no third part: then nothing is known of the day so far.
-- An event's origin is what decides the fields that few events change: the digest of its reference data and the official
-- open price. It is empty while it is uncertain what the row holds.

local NEWEST, DAY, REGULAR_EVENT = '<ddddds', '<ssssss', '<ddd'
local NEWEST_AND_SESSIONS = NEWEST .. 'ddddss'
local RECORD = NEWEST_AND_SESSIONS .. DAY
local RECORD_AND_REGULAR_EVENT = RECORD .. REGULAR_EVENT
local NO_DAY = struct.pack(DAY .. REGULAR_EVENT, '0', '0', '0', '0', '0', '0', 0, 0, 0)
local NO_RECORD = struct.pack(NEWEST_AND_SESSIONS, -1, -1, -1, 0, -1, '', 0, 0, 0, 0, '', '') .. NO_DAY
local BEFORE_ORIGIN = 5 * 8
-- The hours of an event. After hours last until the day ends.
local PRE, REGULAR, POST = 0, 1, 2
local select, unpack = select, unpack
local decode, decode_some = cmsgpack.unpack, cmsgpack.unpack_limit
local take_apart, put_together = struct.unpack, struct.pack

local constants = decode(ARGV[1])
local ASCENDING, CLEARS_AT_OPEN, RETAIN = constants.ascending, constants.clears_at_open, constants.retain
local BOARDS, SCORE_AT = #constants.fields, {}
for b = 1, BOARDS do SCORE_AT[b] = AT[constants.fields[b]] end
local NOTHING_KNOWN = '0'
-- Values of an event: eleven before its row.
local VALUES = 11 + SENT
local REFRESH = ARGV[2] == '1'
local symbols, EVENTS, CONFLATED, CLOSES = decode(ARGV[3]), ARGV[4], decode(ARGV[5]), decode(ARGV[7])
local VERSIONS = KEYS[FIRST_BOARD + BOARDS]
-- The keys of symbol i are those at FIRST_ROW + 2 * i and the one after it.
local FIRST_ROW = FIRST_BOARD + BOARDS - 1

local fault = session_fault(BOARDS) or type_fault(VERSIONS, 'hash')
if fault then return redis.error_reply(fault) end
if TAPE and ARGV[8] == '0' then return {'', 1} end

-- What Redis holds, read for the whole batch at once. All tables below are by a symbol's index.
local clock = read_clock()
local versions = call('HMGET', VERSIONS, unpack(symbols))
local stored = call('HMGET', RECORDS, unpack(symbols))
-- A time to live of four days is renewed once a minute, not with every event.
local minute = math.floor(tonumber(call('TIME')[1]) / 60)
-- Symbols of the day, counted when the first new one comes.
local traded

-- What the batch makes of it, written at the end: records; quotes, which are whole rows as JSON; of a newer event its end,
-- the fields that events change, and whether it stands in for unknown figures; names and texts of changed fields that the
-- day's bars decide and rarely change; whether the row is to be written whole, and its time to live to be renewed.
local records, quotes, newest_end, rows, stood_in, rare, whole, renew = {}, {}, {}, {}, {}, {}, {}, {}
-- For each board the new scores: a text, or false for a symbol that is to be taken off.
local scores = {}
for b = 1, BOARDS do scores[b] = {} end
-- What is published, in this order.
local channels, messages, published = {}, {}, 0
-- Pairs of an event's number and an open price, for the caller.
local corrected_opens = {}
-- For the tape: a line for each applied event whose origin differs from that of its symbol's newest event before.
local origins = {}

local function roll_to(session)
  local cleared, new_day = roll(clock, session, CLEARS_AT_OPEN)
  clock = session
  for b = 1, BOARDS do
    if cleared[b] then scores[b] = {} end
  end
  if new_day then stored, records, traded = {}, {}, nil end
end

-- The current record, unpacked.
local top_end, top_volume, top_start, top_hours, renewed, top_origin
local pre_start, pre_end, regular_start, regular_end, pre_open, regular_open
local high, high_at, low, pre_high, pre_low, regular_close, close_end, close_volume, close_start

-- Makes a record the current one. Fails where it is no record.
local function open_record(record)
  local at
  top_end, top_volume, top_start, top_hours, renewed, top_origin,
    pre_start, pre_end, regular_start, regular_end, pre_open, regular_open, at = take_apart(NEWEST_AND_SESSIONS, record)
  if at > #record then record, at = NO_DAY, 1 end
  high, high_at, low, pre_high, pre_low, regular_close, at = take_apart(DAY, record, at)
  if at > #record then
    close_end, close_volume, close_start = top_end, top_volume, top_start
  else
    close_end, close_volume, close_start = take_apart(REGULAR_EVENT, record, at)
  end
end

-- The current record, packed, with this newest event.
local function packed_record(ends, volume, start, hours, renewed, origin)
  local is_regular_event = close_end == ends and close_volume == volume and close_start == start
  return put_together(is_regular_event and RECORD or RECORD_AND_REGULAR_EVENT, ends, volume, start, hours, renewed, origin,
    pre_start, pre_end, regular_start, regular_end, pre_open, regular_open,
    high, high_at, low, pre_high, pre_low, regular_close, close_end, close_volume, close_start)
end

-- Whether a session has not begun. The server's clock decides, because the callers' may differ.
local function is_early(session)
  local start = decode(ARGV[6])[session]
  return start and start > server_time()
end

-- Has a symbol's row written and its quote published. A quote that stands for others as well tells how many.
local function put(i, quote, conflated)
  quotes[i] = quote
  published = published + 1
  channels[published] = KEYS[FIRST_ROW + 2 * i + 1]
  if conflated and conflated[3] > 0 then quote = sub(quote, 1, -2) .. ',"folded":' .. format('%d', conflated[3]) .. '}' end
  messages[published] = quote
end

-- Whether events of this phase are shown on every board. If not, they are shown only on boards that the open does not clear.
local function is_shown(phase) return phase == phase_of(clock) end

-- A row as JSON with other texts for some fields.
local function with_texts(quote, texts)
  for name, text in pairs(texts) do quote = string.gsub(quote, '("' .. name .. '":)[^,}]+', '%1' .. text) end
  return quote
end

local function is_number(text)
  local number = text and match(text, '^-?%d[%d.]*[-+%deE]*$') and tonumber(text)
  return number and math.abs(number) <= GREATEST
end

-- A field of a row in JSON, and its value as text: no value holds a quotation mark, a comma or a brace.
local FIELD = '"([%w_]+)":"?([^",}]+)'

local function read_quote(quote)
  local texts = {}
  for name, text in string.gmatch(quote, FIELD) do texts[name] = text end
  return texts
end

-- The symbol's row in Redis as JSON; nil where there is none. A field that its hash lacks, as rows of an older release
-- may, or that is no number is read from the quote; where that lacks it too it is 0. (Store.newest does the same.)
local function stored_quote(i)
  local key, quote_key = KEYS[FIRST_ROW + 2 * i], KEYS[FIRST_ROW + 2 * i + 1]
  local values = type_fault(key, 'hash') and {} or call('HMGET', key, unpack(NAMES))
  local quote = not type_fault(quote_key, 'string') and call('GET', quote_key)
  local found, told, json = false, quote and read_quote(quote) or {}, {}
  for k = 1, #NAMES do
    local name, value = NAMES[k], values[k]
    found = found or value
    if name == 'symbol' then
      value = '"' .. symbols[i] .. '"'
    elseif not is_number(value) then
      value = is_number(told[name]) and told[name] or '0'
    end
    json[k] = '"' .. name .. '":' .. value
  end
  return (found or quote) and '{' .. table.concat(json, ',') .. '}' or nil
end

-- The same, with what this batch has made of it.
local function standing_quote(i) return quotes[i] or stored_quote(i) end

-- For an event with the end, start and accumulated volume of the symbol's newest: 1 if it is newer, 0 if it is that very
-- event, -1 if it is older.
local function break_tie(row, i)
  local quote = standing_quote(i)
  if not quote then return 1 end
  local standing = read_quote(quote)
  for k = 1, #TIE_BREAKS do
    local name = TIE_BREAKS[k]
    local mine, theirs = tonumber(row[AT[name]]), tonumber(standing[name])
    if mine ~= theirs then return mine > theirs and 1 or -1 end
  end
  return 0
end

-- The text of the change since the regular close, of a row of these hours.
local function change_after_hours(hours, close)
  if hours ~= POST or regular_close == '0' then return '0' end
  local base = tonumber(regular_close)
  return text_of(math.min(GREATEST, (tonumber(close) - base) / base * 100))
end

-- Whether an event of the regular hours is newer than the newest of them.
local function is_newer(ends, volume, start, close)
  if ends ~= close_end then return ends > close_end end
  if volume ~= close_volume then return volume > close_volume end
  if start ~= close_start then return start > close_start end
  return tonumber(close) > tonumber(regular_close)
end

-- Notes a field that the day's bars decide and rarely change, to be written with the row.
local function note_rare(i, name, text)
  local noted = rare[i] or {}
  rare[i] = noted
  noted[#noted + 1], noted[#noted + 2] = name, text
end

-- These merge into the current record what an event, or all that were conflated into it, say of the day, and return whether
-- that has changed the record. Any order and repetition gives the same. They take each number's text as well: workers have
-- sent those of an event, and to write them here would cost as much as all of the merging. What runs for every bar
-- converts texts by `+ 0`, which takes half the time of `tonumber`: without it a bar takes 1 % more of this script.
local function merge_high(i, of, text, at, at_text)
  local standing = high + 0
  if of < standing or of == 0 or of == standing and at >= tonumber(high_at) then return false end
  high, high_at = text, at_text
  note_rare(i, 'day_high', text)
  note_rare(i, 'high_at', at_text)
  return true
end

local function merge_low(i, of, text)
  if of == 0 or low ~= '0' and of >= low + 0 then return false end
  low = text
  note_rare(i, 'day_low', text)
  return true
end

local function merge_pre_market(i, high_of, high_text_of, low_of, low_text_of)
  local higher = high_of > tonumber(pre_high)
  local lower = low_of > 0 and (pre_low == '0' or low_of < tonumber(pre_low))
  if higher then
    pre_high = high_text_of
    note_rare(i, 'pre_high', pre_high)
  end
  if lower then
    pre_low = low_text_of
    note_rare(i, 'pre_low', pre_low)
  end
  return higher or lower
end

-- Returns also whether the regular close is another one.
local function merge_close(ends, volume, start, close)
  if not is_newer(ends, volume, start, close) then return false, false end
  local is_another = close ~= regular_close
  close_end, close_volume, close_start, regular_close = ends, volume, start, close
  return true, is_another
end

-- Merges an event. Returns whether a high or low has changed, whether the regular close has, and whether anything has.
local function merge_event(i, row, hours, high_of, low_of, ends, volume, start)
  local high_text_of, low_text_of, close = row[AT.high], row[AT.low], row[AT.close]
  if high_text_of == '0' then high_text_of = close end
  if low_text_of == '0' then low_text_of = close end
  local new_high = merge_high(i, high_of, high_text_of, ends, row[AT.end_timestamp])
  local new_low = merge_low(i, low_of, low_text_of)
  local new_highs, newer, new_close = new_high or new_low, false, false
  if hours == REGULAR then
    newer, new_close = merge_close(ends, volume, start, close)
  elseif hours == PRE then
    new_highs = merge_pre_market(i, high_of, high_text_of, low_of, low_text_of) or new_highs
  end
  return new_highs, new_close, newer or new_highs
end

-- The same for all that were conflated into an event.
local function merge_conflated(i, values)
  local high_of, high_at_of, low_of, pre_high_of, pre_low_of, ends, volume, start, close = unpack(values)
  local new_high = merge_high(i, high_of, text_of(high_of), high_at_of, text_of(high_at_of))
  local new_low = merge_low(i, low_of, text_of(low_of))
  local new_pre = merge_pre_market(i, pre_high_of, text_of(pre_high_of), pre_low_of, text_of(pre_low_of))
  local newer, new_close = merge_close(ends, volume, start, text_of(close))
  local new_highs = new_high or new_low or new_pre
  return new_highs, new_close, newer or new_highs
end

-- Notes in the current record the open price of an event, if it is its session's earliest. Returns the session's open price,
-- whether the event is the earliest, and whether that price has changed.
local function note_open(phase, start, ends, open)
  local first_start, first_end, first_open = pre_start, pre_end, pre_open
  if phase == 1 then first_start, first_end, first_open = regular_start, regular_end, regular_open end
  -- A price of 0 is no price: it stands only until there is one.
  local earliest = not REFRESH and (first_open == '' or open ~= '0' and (first_open == '0'
    or start < first_start
    or start == first_start and (ends < first_end or ends == first_end and tonumber(open) < tonumber(first_open))))
  if not earliest then return first_open, false, false end
  if phase == 0 then
    pre_start, pre_end, pre_open = start, ends, open
  else
    regular_start, regular_end, regular_open = start, ends, open
  end
  return open, true, open ~= first_open
end

-- For an event: 1 if it is newer than the symbol's newest, 0 if it is that very event, -1 if it is older; and whether only
-- the row could tell.
local function compare(i, row, ends, volume, start, origin)
  if ends ~= top_end then return ends > top_end and 1 or -1, false end
  if volume ~= top_volume then return volume > top_volume and 1 or -1, false end
  if start ~= top_start then return start > top_start and 1 or -1, false end
  local standing = break_tie(row, i)
  -- Ties are broken by the row. If it has another origin, it is applied again: a script that failed has perhaps written the
  -- row with this very event, or an older release has, without the fields that it did not know.
  if standing == 0 and top_origin ~= origin and not REFRESH then standing = 1 end
  return standing, true
end

-- Puts what the day's bars decide, of the current record, into a row of these hours with this close.
local function put_day(row, hours, close)
  set_day(row, high, low, high_at, pre_high, pre_low, regular_close, change_after_hours(hours, close))
end

-- Puts event n, which is its symbol's newest, with its session's open price.
local function put_newest(n, i, phase, ends, row, open, conflated)
  if row[AT.open] ~= open then
    corrected_opens[#corrected_opens + 1], corrected_opens[#corrected_opens + 2] = n, open
    -- These formulas stand in fields.py, for workers and for this script. Workers compute them with the open that they
    -- suppose: to have this script alone compute them costs Redis a tenth more of its time per bar.
    for name, text in pairs(open_fields(tonumber(row[AT.close]), tonumber(open))) do row[AT[name]] = text end
  end
  rows[i], newest_end[i] = row, ends
  put(i, row_json(symbols[i], row), conflated)
  local shown = is_shown(phase)
  for b = 1, BOARDS do scores[b][i] = (shown or not CLEARS_AT_OPEN[b]) and row[SCORE_AT[b]] end
end

-- Puts the symbol's newest row again, with an earlier open unless that is nil, and with what the day's bars decide. Returns
-- whether there is such a row.
local function correct(i, open, conflated)
  local quote = standing_quote(i)
  if not quote then return false end
  local close, row = match(quote, '"close":([^,}]+)'), {}
  put_day(row, top_hours, close)
  local texts = open and open_fields(tonumber(close), tonumber(open)) or {}
  for k = 1, #OF_DAY do texts[OF_DAY[k]] = row[AT[OF_DAY[k]]] end
  put(i, with_texts(quote, texts), conflated)
  whole[i] = true
  local shown = is_shown(top_hours == PRE and 0 or 1)
  for b = 1, BOARDS do
    local score = texts[constants.fields[b]]
    -- Boards that nothing of this decides stay as they are.
    if score then scores[b][i] = (shown or not CLEARS_AT_OPEN[b]) and score end
  end
  return true
end

-- Applies event n, whose values ARGV[4] describes; the last are its row's. Returns what became of it and where the next
-- event begins.
local function apply(n, next_offset, i, session, start, ends, volume, high_of, low_of, version, origin, stand_ins, open, ...)
  if session ~= clock and day_of(session) < day_of(clock) then return 'L', next_offset end
  if version ~= (versions[i] or '') then return 'R', next_offset end
  if session > clock then
    if is_early(session) then return 'E', next_offset end
    roll_to(session)
  end
  local phase, row, conflated = phase_of(session), new_row(...), CONFLATED[n]
  local hours = phase == 0 and PRE or start < CLOSES[session] and REGULAR or POST

  local record = records[i] or stored[i]
  open_record(record or NO_RECORD)
  if renewed ~= minute then renew[i] = true end
  local standing, tied = compare(i, row, ends, volume, start, origin)
  if REFRESH and standing ~= 0 then return 'S', next_offset end
  if not record then
    traded = traded or call('HLEN', RECORDS)
    if traded >= constants.symbols_bound and stand_ins == NOTHING_KNOWN then return 'B', next_offset end
    traded = traded + 1
  end

  local start_of_open, end_of_open = start, ends
  if conflated then start_of_open, end_of_open = conflated[1], conflated[2] end
  local first_open, earliest, new_open = note_open(phase, start_of_open, end_of_open, open)
  local new_highs, new_close, changed = merge_event(i, row, hours, high_of, low_of, ends, volume, start)
  if conflated then
    local more_highs, another_close, more = merge_conflated(i, conflated[4])
    new_highs, new_close, changed = new_highs or more_highs, new_close or another_close, changed or more
  end

  if standing > 0 or REFRESH then
    records[i] = packed_record(ends, volume, start, hours, minute, origin)
    -- Of a tie too, for what is written whole has its origin emptied first.
    whole[i] = whole[i] or REFRESH or tied or origin ~= top_origin or hours ~= top_hours or new_open
    stood_in[i] = stand_ins ~= ''
    if TAPE and origin ~= top_origin then
      origins[#origins + 1] = format('%d', n) .. '\t' .. stand_ins .. '\t' .. reference_json(row)
    end
    put_day(row, hours, row[AT.close])
    if hours == POST then note_rare(i, 'pct_change_after_hours', row[AT.pct_change_after_hours]) end
    put_newest(n, i, phase, ends, row, first_open, conflated)
    return 'A', next_offset
  end
  if not earliest and not changed then return 'S', next_offset end
  local open_of_row = earliest and phase == (top_hours == PRE and 0 or 1) and open
  local corrected = (open_of_row or new_highs or new_close) and correct(i, open_of_row, conflated)
  records[i] = packed_record(top_end, top_volume, top_start, top_hours, corrected and minute or renewed, top_origin)
  return corrected and 'A' or 'S', next_offset
end

local outcomes = {}
local function apply_all()
  local offset = 0
  repeat
    local n = #outcomes + 1
    outcomes[n], offset = apply(n, decode_some(EVENTS, VALUES, offset))
  until offset < 0
end

-- So far nothing is written but a roll, which may be repeated.
local done, failure = pcall(apply_all)
if not done then
  for i = 1, #symbols do
    if stored[i] and not pcall(open_record, stored[i]) then
      return redis.error_reply('WRONGKEY ' .. RECORDS .. ' does not hold a record of the field ' .. symbols[i])
    end
  end
  error(failure)
end

-- Invalidates the origin before a row is written whole, so a failed write forces a full rewrite later.
local function invalidate_origin(i)
  if not stored[i] then return end
  local rest = select(7, take_apart(NEWEST, stored[i]))
  call('HSET', RECORDS, symbols[i], sub(stored[i], 1, BEFORE_ORIGIN) .. '\0' .. sub(stored[i], rest))
end

-- Writes fields of a row. A key of another type is removed first: a row is made of its event, so nothing is lost with it.
-- Returns how many of the fields were not there.
local function set_fields(key, ...)
  local added = redis.pcall('HSET', key, ...)
  if type(added) == 'table' then
    if string.find(added.err, 'WRONGTYPE', 1, true) then call('UNLINK', key) end
    added = call('HSET', key, ...)
  end
  return added
end

local NOTHING = {}

local function write_whole(key, quote)
  local texts, arguments = read_quote(quote), {}
  for k, name in ipairs(OFTEN_CHANGED_FIRST) do
    arguments[2 * k - 1], arguments[2 * k] = name, texts[name]
  end
  return set_fields(key, unpack(arguments))
end

-- Writes what an event changes. Returns how many of these fields were not there.
local function write_changes(i, key, quote)
  if stood_in[i] then
    local arguments = {}
    for k, name in ipairs(STOOD_IN_FOR) do
      arguments[2 * k - 1], arguments[2 * k] = name, match(quote, '"' .. name .. '":([^,}]+)')
    end
    set_fields(key, unpack(arguments))
  end
  return set_fields(key, changing_fields(rows[i], unpack(rare[i] or NOTHING)))
end

-- Rows come first: if one cannot be written, nothing refers to it yet, and its event can be applied again.
for i = 1, #symbols do
  local quote = quotes[i]
  if quote then
    local key, quote_key, added = KEYS[FIRST_ROW + 2 * i], KEYS[FIRST_ROW + 2 * i + 1], nil
    if whole[i] then
      invalidate_origin(i)
      added = write_whole(key, quote)
    else
      added = write_changes(i, key, quote)
      -- If the row was gone, the other fields are missing too, whatever the record says.
      if added > 0 then write_whole(key, quote) end
    end
    if renew[i] or added > 0 then
      -- A row of a release that had fewer fields is completed.
      if call('HLEN', key) < #NAMES then write_whole(key, quote) end
      call('EXPIRE', key, constants.ttl)
    end
    if renew[i] or not call('SET', quote_key, quote, 'XX', 'KEEPTTL') then
      call('SET', quote_key, quote, 'EX', constants.ttl)
    end
  end
end

-- Puts scores and their symbols, which follow one another in `ranked`, on a board, and keeps its best `retain` members.
local function rank(key, ascending, retain, ranked)
  if call('ZCARD', key) >= retain then
    -- It is full. Its members get their new scores first: then what ranks below the last one need not be added, because it
    -- would only be cut off again.
    call('ZADD', key, 'XX', unpack(ranked))
    local last = ascending and -1 or 0
    local bound, reaching, r = tonumber(call('ZRANGE', key, last, last, 'WITHSCORES')[2]), {}, 0
    for k = 1, #ranked, 2 do
      local score = ranked[k] + 0
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

-- After rows and boards: a server whose memory is full refuses the first write, and nothing is published that is not there.
-- Before the records: if the script fails in between, a quote is published twice rather than never.
if published > 0 then
  local revision, changes, c = format('%d', call('INCR', REVISION)), {}, 0
  for i = 1, #symbols do
    -- A symbol whose day ended within the batch has no record, and is no part of the new day.
    if quotes[i] and records[i] then
      changes[c + 1], changes[c + 2] = revision, symbols[i]
      c = c + 2
    end
  end
  if c > 0 then call('ZADD', CHANGES, unpack(changes)) end
end
for k = 1, published do call('PUBLISH', channels[k], messages[k]) end

-- Before the records too: if the script fails in between, the tape has the batch twice rather than never.
if TAPE then
  append_tape(ARGV[8], REFRESH and 'refresh' or 'bars', call('GET', REVISION) or '0', format('%.0f', clock),
    'o', table.concat(outcomes), 'f', table.concat(origins, '\n'), unpack(ARGV, 9))
end

-- Last, because they make a redelivered event stale.
local changed = {}
for i = 1, #symbols do
  if records[i] then
    changed[#changed + 1] = symbols[i]
    changed[#changed + 1] = records[i]
  end
end
if #changed > 0 then call('HSET', RECORDS, unpack(changed)) end

-- Totals, for monitoring. A refused event is counted when it comes again; newer reference data is no event. The lag is
-- that of each symbol's newest event, as long as it is of the last day and not of a replay. The events are applied: a key of
-- another type here must not have them come back.
local LONGEST_LAG = 86400000
local function count(field, by)
  if by > 0 then redis.pcall('HINCRBY', KEYS[#KEYS], field, by) end
end

-- Each lag is counted in one bucket: the sum of all buckets is how many there are. (Totals.parse reads them.)
local function count_lags()
  local now, sum, buckets, b = server_time(), 0, {}, 1
  for i = 1, #symbols do
    -- A symbol whose day ended within the batch has no record.
    if records[i] and rows[i] then
      local lag = math.max(0, now - newest_end[i])
      if lag <= LONGEST_LAG then
        -- Lags of a batch are alike: the search starts at the last one's bucket.
        while b > 1 and lag <= LAG_BOUNDS[b - 1] do b = b - 1 end
        while lag > (LAG_BOUNDS[b] or lag) do b = b + 1 end
        sum, buckets[b] = sum + lag, (buckets[b] or 0) + 1
      end
    end
  end
  count('lag_sum_ms', sum)
  for bucket, lags in pairs(buckets) do count(LAG_FIELDS[bucket], lags) end
end

if not REFRESH then
  local counted, folded = {A = 0, S = 0, L = 0, E = 0, B = 0, R = 0}, 0
  for n = 1, #outcomes do counted[outcomes[n]] = counted[outcomes[n]] + 1 end
  for n, conflated in pairs(CONFLATED) do
    if match(outcomes[n], '[ASL]') then folded = folded + conflated[3] end
  end
  local names = {applied = 'A', stale = 'S', late = 'L', early = 'E', beyond = 'B'}
  for field, outcome in pairs(names) do count(field, counted[outcome]) end
  count('folded', folded)
  count_lags()
end
return {table.concat(outcomes), TAPE and 1 or 0, unpack(corrected_opens)}
