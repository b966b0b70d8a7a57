-- Takes messages off the lists of several queues and, in the same step, records them as unacknowledged.
--
-- Scripts do not roll back. It reads everything before it writes anything, and records messages before it trims their
-- lists. A key's type is looked at only after a command on it failed: to ask for each key would double the time of a
-- fetch of one message.
--
-- KEYS[1]      hash of delivery tag to [message, exchange, routing key], as kombu lays it out
-- KEYS[2]      sorted set of delivery tag by the time of the delivery, Unix seconds
-- KEYS[3...]   the lists: of each priority, the most urgent first, those of all Q queues
-- ARGV[1]      messages to take, at most 1,000: unpack takes no more arguments
-- ARGV[2]      prefix of the delivery tags, unique to this call. A message's number follows in four digits, because
--              the sorted set orders tags of the same time by their letters
-- ARGV[3]      Q, the number of queues
-- ARGV[4]      1: queues of one priority share what is taken; 0: the first queue is emptied first
-- ARGV[5]      bytes of messages after which no more are taken
-- ARGV[6...]   for each queue, what follows its messages in the hash
-- Returns      an array: for each list that gave messages its number (1 is KEYS[3]) and their array, oldest first; the
--              messages are numbered in this order. Then, for each key that should be a list and is something else,
--              its number and its type; the other lists are read all the same.
-- Error        KEYS[1] or KEYS[2] is of another type: nothing is done, and the error names the key.

local left, prefix, queues, shared = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local bytes = tonumber(ARGV[5])
-- Messages read at a time. Their bytes are counted afterwards, so a fetch exceeds its bytes by one step at most.
local STEP = 20
local time = redis.call('TIME')
local now = time[1] .. '.' .. string.format('%06d', time[2])
local reply, number = {}, 0
local records, times = {}, {}
-- By a list's number: how many of its messages were read; the type of a key that is no list.
local taken, wrong = {}, {}
local refusal

local function failed(answer)
  return type(answer) == 'table' and answer.err
end

-- The error for the caller after a command on a key failed. If the key is of another type, it names the key.
local function reason(answer, key, wanted)
  local found = redis.call('TYPE', key).ok
  if found == wanted or found == 'none' then return answer end
  return redis.error_reply('WRONGTYPE the key ' .. key .. ' is a ' .. found .. ', and has to be a ' .. wanted)
end

-- Removes nothing, and fails if the key is of another type or the server takes no writes. If the server's memory is
-- full, it accepts the script's later writes because the first one was a removal.
local answer = redis.pcall('HDEL', KEYS[1], '')
if failed(answer) then return reason(answer, KEYS[1], 'hash') end

local function read(list, queue, most)
  local suffix, messages = ARGV[5 + queue], {}
  while #messages < most and bytes > 0 do
    local first = taken[list] or 0
    local step = math.min(STEP, most - #messages)
    -- The oldest is the last.
    local some = redis.pcall('LRANGE', KEYS[2 + list], -first - step, -first - 1)
    if failed(some) then
      local found = redis.call('TYPE', KEYS[2 + list]).ok
      if found == 'list' or found == 'none' then refusal = some else wrong[list] = found end
      return
    end
    for i = #some, 1, -1 do
      local message = some[i]
      number = number + 1
      local tag = prefix .. string.format('%04d', number)
      messages[#messages + 1] = message
      bytes = bytes - #message
      records[2 * number - 1], records[2 * number] = tag, '[' .. message .. suffix
      times[2 * number - 1], times[2 * number] = now, tag
    end
    taken[list] = first + #some
    if #some < step then break end
  end
  if #messages == 0 then return end
  reply[#reply + 1] = list
  reply[#reply + 1] = messages
  left = left - #messages
end

for urgent = 0, #KEYS - 3, queues do
  if shared and queues > 1 then
    for queue = 1, queues do
      if left > 0 then read(urgent + queue, queue, math.ceil(left / (queues - queue + 1))) end
    end
  end
  for queue = 1, queues do
    if left > 0 then read(urgent + queue, queue, left) end
  end
end
if refusal then return refusal end
for list, found in pairs(wrong) do
  reply[#reply + 1] = list
  reply[#reply + 1] = found
end
if number == 0 then return reply end
-- If the HSET after it fails, an entry without its record has no effect.
answer = redis.pcall('ZADD', KEYS[2], unpack(times))
if failed(answer) then return reason(answer, KEYS[2], 'zset') end
redis.call('HSET', KEYS[1], unpack(records))
for list, count in pairs(taken) do
  if count > 0 then redis.call('LTRIM', KEYS[2 + list], 0, -count - 1) end
end
return reply
