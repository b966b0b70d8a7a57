-- Applies a batch of events: updates open prices, rows and boards, publishes quotes, rolls the session clock. Any order,
-- repetition and distribution over callers of the same set of events gives the same result.
--
-- Follows check.lua, session.lua, doubles.lua, what row_script.py generates from the table of fields, and what totals.py
-- tells of the lag histogram.
--
-- If a script fails, Redis keeps what it wrote before. So the types of the keys are checked before the first write, and
-- the records, which make a redelivered event stale, are written last. (Only their origins are emptied before: see below.)
--
-- KEYS     as session.lua lists them, then for B boards and S symbols:
--   [4+B]             hash of symbol to the version of its reference data
--   [5+B ... ]        for each symbol two keys: its row's hash, its quote (which is the channel's name as well)
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
--   its symbol's index in ARGV[3], the number of its session, start, end, accumulated volume (numbers);
--   the version of the reference data used, the origin (see below), RowTemplate.stand_ins, the row as JSON, the event's
--   own open price, the fields that events change as row_script.py orders them (texts).
--   The row is made with a supposed open price of the session
-- ARGV[5]  msgpack map of the number of an event, from 1, to an array: start and end of the earliest event of its symbol's
--          session that was conflated into it, whose open it has; how many were. Others stand alone
-- ARGV[6]  msgpack map of the number of a session to its start in Unix milliseconds: sessions that must not be rolled to
--          before they begin. Empty where time is what the events say
-- Returns  an array. First a string, one character an event:
--   A  applied: the row was written and its quote published
--   S  stale: the row stays, for this very event or a newer one stands; at most an open price of its session was noted
--   L  late: of an earlier day than the clock's
--   B  beyond the bound of symbols: nothing was done
--   E  early: its session has not begun by the server's clock; nothing was done, apply it again once it has
--   R  refused: reference data has changed since the caller read it; nothing was done, apply it again
--          After the string, pairs: the number of an event whose supposed open price was wrong, and the right one
--
-- The record of a symbol's day has two parts. Of its newest event: end, accumulated volume, start, phase, the minute in
-- which its row's time to live was last renewed, its origin. Of its sessions: start and end of the pre-market's earliest
-- event with an open price, and of the regular session's, then these opens: '0' where no event had one, empty where there
-- was no event. An event's origin is what decides the fields that few events change: the digest of its reference data
-- and the official open price. It is empty while it is uncertain what the row holds.

local NEWEST, SESSIONS = '<ddddds', '<ddddss'
local NO_SESSIONS = struct.pack(SESSIONS, 0, 0, 0, 0, '', '')
local select, unpack = select, unpack
local decode, decode_some = cmsgpack.unpack, cmsgpack.unpack_limit
local take_apart, put_together = struct.unpack, struct.pack

local constants = decode(ARGV[1])
local ASCENDING, CLEARS_AT_OPEN, RETAIN = constants.ascending, constants.clears_at_open, constants.retain
local BOARDS, SCORE_AT = #constants.fields, {}
for b = 1, BOARDS do SCORE_AT[b] = AT[constants.fields[b]] end
local NOTHING_KNOWN = '2'
-- Values of an event: ten before its row.
local VALUES = 10 + CHANGING
local REFRESH = ARGV[2] == '1'
local symbols, EVENTS, CONFLATED = decode(ARGV[3]), ARGV[4], decode(ARGV[5])
local VERSIONS = KEYS[FIRST_BOARD + BOARDS]
-- The keys of symbol i are those at FIRST_ROW + 2 * i and the one after it.
local FIRST_ROW = FIRST_BOARD + BOARDS - 1

local fault = session_fault(BOARDS) or type_fault(VERSIONS, 'hash')
if fault then return redis.error_reply(fault) end

-- What Redis holds, read for the whole batch at once. All tables below are by a symbol's index.
local clock = read_clock()
local versions = call('HMGET', VERSIONS, unpack(symbols))
local stored = call('HMGET', RECORDS, unpack(symbols))
-- A time to live of four days is renewed once a minute, not with every event.
local minute = math.floor(tonumber(call('TIME')[1]) / 60)
-- Symbols of the day, counted when the first new one comes.
local traded

-- What the batch makes of it, written at the end: records; quotes, which are whole rows as JSON; of a newer event the
-- fields that events change, and whether it stands in for unknown figures; whether the row is to be written whole, and
-- whether its time to live is to be renewed.
local records, quotes, rows, stood_in, whole, renew = {}, {}, {}, {}, {}, {}
-- For each board the new scores: a text, or false for a symbol that is to be taken off.
local scores = {}
for b = 1, BOARDS do scores[b] = {} end
-- What is published, in this order.
local channels, messages, published = {}, {}, 0
-- Pairs of an event's number and an open price, for the caller.
local corrected_opens = {}

local function roll_to(session)
  local cleared, new_day = roll(clock, session, CLEARS_AT_OPEN)
  clock = session
  for b = 1, BOARDS do
    if cleared[b] then scores[b] = {} end
  end
  if new_day then stored, records, traded = {}, {}, nil end
end

-- Takes a record apart, into the values of its sessions. Fails where it is no record.
local function parse(record)
  local rest = select(7, take_apart(NEWEST, record))
  return take_apart(SESSIONS, record, rest)
end

-- Whether a session has not begun. The server's clock decides, because the callers' may differ.
local function is_early(session)
  local start = decode(ARGV[6])[session]
  if not start then return false end
  local time = call('TIME')
  return start > tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Has a symbol's row written and its quote published. A quote that stands for others as well tells how many.
local function put(i, quote, conflated)
  quotes[i] = quote
  published = published + 1
  channels[published] = KEYS[FIRST_ROW + 2 * i + 1]
  messages[published] = conflated and sub(quote, 1, -2) .. ',"folded":' .. format('%d', conflated[3]) .. '}' or quote
end

local function put_score(b, i, phase, score)
  scores[b][i] = (phase == phase_of(clock) or not CLEARS_AT_OPEN[b]) and score
end

-- A row with another open price: its JSON, and by name the texts of the fields that the open decides. These formulas stand
-- in fields.py, for workers and for this script. Workers suppose the open and send the finished row: to have this script
-- alone compute it costs Redis a tenth more of its time per bar.
local function with_open(quote, open)
  local texts = open_fields(tonumber(match(quote, '"close":([^,}]+)')), tonumber(open))
  for name, text in pairs(texts) do quote = string.gsub(quote, '("' .. name .. '":)[^,}]+', '%1' .. text) end
  return quote, texts
end

local function is_number(text)
  local number = text and match(text, '^-?%d[%d.]*[-+%deE]*$') and tonumber(text)
  return number and math.abs(number) <= GREATEST
end

-- A field of a row in JSON, and its value as text: no value holds a quotation mark, a comma or a brace.
local FIELD = '"([%l_]+)":"?([^",}]+)'

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

-- Puts the symbol's newest row again, with an earlier open. Returns whether there is such a row.
local function correct(i, phase, open, conflated)
  local quote, texts = standing_quote(i), nil
  if not quote then return false end
  quote, texts = with_open(quote, open)
  put(i, quote, conflated)
  whole[i] = true
  for b = 1, BOARDS do
    local score = texts[constants.fields[b]]
    -- Boards that the open does not decide stay as they are.
    if score then put_score(b, i, phase, score) end
  end
  return true
end

-- Applies event n, whose values ARGV[4] describes; the last are its row's. Returns what became of it and where the next
-- event begins.
local function apply(n, next_offset, i, session, start, ends, volume, version, origin, stand_ins, quote, open, ...)
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

  local standing, tied = nil, false
  if ends ~= top_end then standing = ends > top_end and 1 or -1
  elseif volume ~= top_volume then standing = volume > top_volume and 1 or -1
  elseif start ~= top_start then standing = start > top_start and 1 or -1
  else
    standing, tied = break_tie({...}, i), true
    -- Ties are broken by the row. Without an origin, a script that failed may have written it with this very event.
    if standing == 0 and held == '' and not REFRESH then standing = 1 end
  end
  if REFRESH and standing ~= 0 then return 'S', next_offset end
  if not record then
    traded = traded or call('HLEN', RECORDS)
    if traded >= constants.symbols_bound and stand_ins == NOTHING_KNOWN then return 'B', next_offset end
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
    -- Of a tie too, for what is written whole has its origin emptied first.
    whole[i] = whole[i] or REFRESH or tied or origin ~= held or first_open ~= open_of_row
    local row = {...}
    if row[AT.open] ~= first_open then
      corrected_opens[#corrected_opens + 1], corrected_opens[#corrected_opens + 2] = n, first_open
      local texts
      quote, texts = with_open(quote, first_open)
      for name, text in pairs(texts) do row[AT[name]] = text end
    end
    rows[i], stood_in[i] = row, stand_ins ~= ''
    put(i, quote, conflated)
    for b = 1, BOARDS do put_score(b, i, phase, row[SCORE_AT[b]]) end
    return 'A', next_offset
  end
  if not earliest then return 'S', next_offset end
  local corrected = phase == top_phase and correct(i, phase, open, conflated)
  records[i] = put_together(NEWEST, top_end, top_volume, top_start, top_phase, corrected and minute or renewed, held)
    .. sessions
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
    if stored[i] and not pcall(parse, stored[i]) then
      return redis.error_reply('WRONGKEY ' .. RECORDS .. ' does not hold a record of the field ' .. symbols[i])
    end
  end
  error(failure)
end

-- Invalidates the origin before a row is written whole, so a failed write forces a full rewrite later.
local function invalidate_origin(i)
  if not stored[i] then return end
  local ends, volume, start, phase, renewed, _, rest = take_apart(NEWEST, stored[i])
  call('HSET', RECORDS, symbols[i],
    put_together(NEWEST, ends, volume, start, phase, renewed, '') .. sub(stored[i], rest))
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

local function write_whole(key, quote)
  local arguments, k = {}, 0
  for name, text in string.gmatch(quote, FIELD) do
    arguments[k + 1], arguments[k + 2] = name, text
    k = k + 2
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
  return set_fields(key, changing_fields(rows[i]))
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

-- After rows and boards: a server whose memory is full refuses the first write, and nothing is published that is not there.
-- Before the records: if the script fails in between, a quote is published twice rather than never.
if published > 0 then call('INCR', REVISION) end
for k = 1, published do call('PUBLISH', channels[k], messages[k]) end

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
  local time, sum, buckets, b = call('TIME'), 0, {}, 1
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  for i = 1, #symbols do
    -- A symbol whose day ended within the batch has no record.
    if records[i] and rows[i] then
      local lag = math.max(0, now - take_apart('<d', records[i]))
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
return {table.concat(outcomes), unpack(corrected_opens)}
