-- Takes messages off the lists of several queues and records in the same step that a consumer holds them.
--
-- KEYS[1]      hash of delivery tag to [message, exchange, routing key], as kombu lays it out
-- KEYS[2]      sorted set of delivery tag by the time of the delivery, Unix seconds
-- KEYS[3...]   the lists, Q queues for each priority, the most urgent priority first
-- ARGV[1]      how many messages to take; at most 1,000, for unpack
-- ARGV[2]      prefix of the delivery tags, unique to this call; a message's number follows it, in four digits, for
--              tags of the same time have the order of their letters
-- ARGV[3]      Q, the number of queues
-- ARGV[4]      1: queues of one priority share what is taken; 0: the first one comes first
-- ARGV[5]      bytes of messages after which no more are taken
-- ARGV[6...]   for each queue what follows its messages in the hash
-- Returns      an array: a list's number (1 is KEYS[3]) and the array of its messages, oldest first, for each list that
--              gave any. Messages are numbered in that order.

local left, prefix, queues, shared = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local bytes = tonumber(ARGV[5])
-- Messages that are popped before their bytes are counted: a step too far is no longer than this.
local STEP = 20
local time = redis.call('TIME')
local now = time[1] .. '.' .. string.format('%06d', time[2])
local reply, number = {}, 0

local function take(list, queue, most)
  local messages = {}
  while #messages < most and bytes > 0 do
    local some = redis.call('RPOP', KEYS[2 + list], math.min(STEP, most - #messages))
    if not some then break end
    for i = 1, #some do
      messages[#messages + 1] = some[i]
      bytes = bytes - #some[i]
    end
  end
  if #messages == 0 then return end
  local suffix = ARGV[5 + queue]
  local records, times = {}, {}
  for i = 1, #messages do
    number = number + 1
    local tag = prefix .. string.format('%04d', number)
    records[2 * i - 1], records[2 * i] = tag, '[' .. messages[i] .. suffix
    times[2 * i - 1], times[2 * i] = now, tag
  end
  redis.call('HSET', KEYS[1], unpack(records))
  redis.call('ZADD', KEYS[2], unpack(times))
  reply[#reply + 1] = list
  reply[#reply + 1] = messages
  left = left - #messages
end

for urgent = 0, #KEYS - 3, queues do
  if shared and queues > 1 then
    for queue = 1, queues do
      if left > 0 then take(urgent + queue, queue, math.ceil(left / (queues - queue + 1))) end
    end
  end
  for queue = 1, queues do
    if left > 0 then take(urgent + queue, queue, left) end
  end
end
return reply
