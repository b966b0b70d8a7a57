-- Restores messages to their lists: those that are still recorded as unacknowledged.
--
-- Scripts do not roll back. It checks the types of all keys before it writes anything, and puts a message onto its
-- lists before it removes the record.
--
-- KEYS[1]      hash of delivery tag to [message, exchange, routing key], as kombu lays it out
-- KEYS[2]      sorted set of delivery tag by the time of the delivery
-- KEYS[3...]   the lists
-- ARGV[1]      LPUSH: behind all messages in the list; RPUSH: next in turn
-- ARGV[2...]   for each message its tag, what to restore, and the numbers of its lists (1 is KEYS[3]) with commas
-- Returns      an array: for each key that should be a list and is something else its number and its type. Messages
--              of such lists stay recorded as unacknowledged.
-- Error        KEYS[1] or KEYS[2] is of another type: nothing is done, and the error names the key.

local reply, wrong = {}, {}
for i, key in ipairs(KEYS) do
  local wanted = i == 1 and 'hash' or i == 2 and 'zset' or 'list'
  local found = redis.call('TYPE', key).ok
  if found ~= wanted and found ~= 'none' then
    if i <= 2 then
      return redis.error_reply('WRONGTYPE the key ' .. key .. ' is a ' .. found .. ', and has to be a ' .. wanted)
    end
    wrong[i - 2] = true
    reply[#reply + 1] = i - 2
    reply[#reply + 1] = found
  end
end

-- Removes nothing. A server whose memory is full accepts the later writes because the first one was a removal.
redis.call('HDEL', KEYS[1], '')
for i = 2, #ARGV, 3 do
  local tag, message, lists = ARGV[i], ARGV[i + 1], {}
  local stays = false
  for list in string.gmatch(ARGV[i + 2], '%d+') do
    lists[#lists + 1] = tonumber(list)
    stays = stays or wrong[tonumber(list)]
  end
  if not stays then
    if redis.call('HEXISTS', KEYS[1], tag) == 1 then
      for _, list in ipairs(lists) do
        redis.call(ARGV[1], KEYS[2 + list], message)
      end
      redis.call('HDEL', KEYS[1], tag)
    end
    redis.call('ZREM', KEYS[2], tag)
  end
end
return reply
