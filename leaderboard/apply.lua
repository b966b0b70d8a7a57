-- Applies a batch of events: opens, rows, quotes and their publication, boards, the session's roll. Follows
-- session.lua. The boards end up the same in whatever order, however often and by however many callers a set of
-- events is applied.
--
-- KEYS     as session.lua lists them, then for B boards and S symbols:
--   [6+B]             hash of symbol to the version of its reference data
--   [7+B ... ]        for each symbol two keys: its row's hash, its quote (which is the channel's name as well)
-- ARGV[1]  msgpack map:
--   boards   for each board {score = index of its field, clears_at_open = boolean, retain = members kept}
--   fields   names of the row's fields
--   open     indexes of the fields close, open, change_since_open, pct_change_since_open
--   ties     indexes of the fields that tell apart events of equal end, accumulated volume and start
--   ttl      seconds that rows and quotes live
--   symbols  the batch's symbols, each once
--   events   arrays: {symbol's index, session, start_timestamp, end_timestamp, accumulated_volume, open (text),
--            version of the reference data used, row (texts, those that hang on the open empty), refresh}.
--            refresh: not a new event, but the newest one with newer reference data
-- Returns  a string, one character an event:
--   A  applied: the row changed and its quote was published
--   S  stale: a newer event of the symbol stands, and this one was not the session's earliest
--   L  late: of an earlier day than the clock's
--   R  refused: reference data has changed since the caller read it; nothing was done, apply it again

local SYMBOL, SESSION, START, END, VOLUME, OPEN, VERSION, ROW, REFRESH = 1, 2, 3, 4, 5, 6, 7, 8, 9

local batch = cmsgpack.unpack(ARGV[1])
local boards, fields, symbols, events, ties = batch.boards, batch.fields, batch.symbols, batch.events, batch.ties
local CLOSE_AT, OPEN_AT, CHANGE_AT, PERCENT_AT = unpack(batch.open)
local VERSIONS = KEYS[FIRST_BOARD + #boards]
local FIRST_SYMBOL = FIRST_BOARD + #boards + 1
local GREATEST = 1.7976931348623157e308

local function row_key(i) return KEYS[FIRST_SYMBOL + 2 * i - 2] end
local function quote_key(i) return KEYS[FIRST_SYMBOL + 2 * i - 1] end

-- What stands in Redis, read for the whole batch at once, and what this batch makes of it, written at the end.
local clock = read_clock()
local versions = redis.call('HMGET', VERSIONS, unpack(symbols))
local newest = redis.call('HMGET', NEWEST, unpack(symbols))
local opens = {
  [0] = redis.call('HMGET', OPENS[0], unpack(symbols)),
  [1] = redis.call('HMGET', OPENS[1], unpack(symbols)),
}
local new_newest, new_opens = {}, {[0] = {}, [1] = {}}
local rows, quotes, scores, published = {}, {}, {}, {}
for b = 1, #boards do scores[b] = {} end

for i = 1, #symbols do
  newest[i] = newest[i] and cmsgpack.unpack(newest[i])
  for phase = 0, 1 do
    local open = opens[phase][i]
    opens[phase][i] = open and cmsgpack.unpack(open)
  end
end

local function roll_to(session)
  local cleared, new_day = roll(clock, session, boards)
  clock = session
  for b = 1, #boards do
    if cleared[b] then scores[b] = {} end
  end
  if new_day then
    newest, opens = {}, {[0] = {}, [1] = {}}
    new_newest, new_opens = {}, {[0] = {}, [1] = {}}
  end
end

local function stored_row(i)
  local row = rows[i]
  if not row then
    row = redis.call('HMGET', row_key(i), unpack(fields))
    row = row[1] and row
  end
  return row
end

-- 1 where the event is newer than the symbol's newest, 0 where it is that very event, -1 where it is older.
local function precedence(event)
  local top = newest[event[SYMBOL]]
  if not top then return 1 end
  for k, mine in ipairs({event[END], event[VOLUME], event[START]}) do
    if mine ~= top[k] then return mine > top[k] and 1 or -1 end
  end
  local row = stored_row(event[SYMBOL])
  if not row then return 1 end
  for _, at in ipairs(ties) do
    local mine, theirs = tonumber(event[ROW][at]), tonumber(row[at])
    if mine ~= theirs then return mine > theirs and 1 or -1 end
  end
  return 0
end

-- Makes the event's open the symbol's in that session where it is the earliest. Returns whether it is.
local function offer_open(event, phase)
  local i = event[SYMBOL]
  local first = opens[phase][i]
  if first then
    if event[START] ~= first[1] then
      if event[START] > first[1] then return false end
    elseif event[END] ~= first[2] then
      if event[END] > first[2] then return false end
    elseif tonumber(event[OPEN]) >= tonumber(first[3]) then
      return false
    end
  end
  first = {event[START], event[END], event[OPEN]}
  opens[phase][i], new_opens[phase][i] = first, first
  return true
end

-- What does not change from row to row: the JSON around the values, and the hash's field names.
local json, pairs_of_row = {'{"symbol":"'}, {}
for k, field in ipairs(fields) do
  json[2 * k + 1] = (k == 1 and '","' or ',"') .. (fields[k + 1] or '') .. '":'
  pairs_of_row[2 * k - 1] = field
end
json[2 * #fields + 1] = '}'

local function write_row(i, row, phase)
  local open = opens[phase][i][3]
  local close, base = tonumber(row[CLOSE_AT]), tonumber(open)
  local change, percent = 0, 0
  if base ~= 0 then
    change = close - base
    -- Adding zero turns minus zero into zero.
    percent = math.max(-GREATEST, math.min(GREATEST, change / base * 100)) + 0
  end
  row[OPEN_AT] = open
  row[CHANGE_AT] = string.format('%.17g', change)
  row[PERCENT_AT] = string.format('%.17g', percent)
  for k = 1, #fields do json[2 * k] = row[k] end
  rows[i], quotes[i] = row, table.concat(json)
  published[#published + 1] = {quote_key(i), quotes[i]}
  for b, board in ipairs(boards) do
    local ranks = not board.clears_at_open or phase == phase_of(clock)
    scores[b][i] = ranks and row[board.score]
  end
end

local function apply(event)
  local i, session = event[SYMBOL], event[SESSION]
  if day_of(session) < day_of(clock) then return 'L' end
  if event[VERSION] ~= (versions[i] or '') then return 'R' end
  if session > clock then roll_to(session) end
  local phase = phase_of(session)
  local standing = precedence(event)
  if event[REFRESH] then
    if standing ~= 0 then return 'S' end
    write_row(i, event[ROW], phase)
    return 'A'
  end
  local earliest = offer_open(event, phase)
  if standing > 0 then
    local top = {event[END], event[VOLUME], event[START], session}
    newest[i], new_newest[i] = top, top
    write_row(i, event[ROW], phase)
    return 'A'
  end
  local row = earliest and phase_of(newest[i][4]) == phase and stored_row(i)
  if not row then return 'S' end
  write_row(i, row, phase)
  return 'A'
end

local outcomes = {}
for n, event in ipairs(events) do outcomes[n] = apply(event) end

-- Rows come first: where one cannot be written, nothing refers to it yet, and its event can be applied again.
for i, row in pairs(rows) do
  for k = 1, #fields do pairs_of_row[2 * k] = row[k] end
  redis.call('HSET', row_key(i), unpack(pairs_of_row))
  redis.call('EXPIRE', row_key(i), batch.ttl)
  redis.call('SET', quote_key(i), quotes[i], 'EX', batch.ttl)
end

local function write_hash(key, records)
  local arguments = {}
  for i, record in pairs(records) do
    arguments[#arguments + 1] = symbols[i]
    arguments[#arguments + 1] = cmsgpack.pack(record)
  end
  if #arguments > 0 then redis.call('HSET', key, unpack(arguments)) end
end
write_hash(NEWEST, new_newest)
write_hash(OPENS[0], new_opens[0])
write_hash(OPENS[1], new_opens[1])

for b, board in ipairs(boards) do
  local key, ranked, gone = KEYS[FIRST_BOARD + b - 1], {}, {}
  for i, score in pairs(scores[b]) do
    if score then
      ranked[#ranked + 1] = score
      ranked[#ranked + 1] = symbols[i]
    else
      gone[#gone + 1] = symbols[i]
    end
  end
  if #ranked > 0 then
    redis.call('ZADD', key, unpack(ranked))
    redis.call('ZREMRANGEBYRANK', key, 0, -board.retain - 1)
  end
  if #gone > 0 then redis.call('ZREM', key, unpack(gone)) end
end

-- After all writes: a server whose memory is full refuses the first of them, and nobody hears of what is not there.
for _, each in ipairs(published) do redis.call('PUBLISH', each[1], each[2]) end
if #published > 0 then redis.call('INCR', REVISION) end
return table.concat(outcomes)
