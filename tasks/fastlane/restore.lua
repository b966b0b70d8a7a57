-- Puts messages that a consumer holds back onto their lists: those of them that are still held.
--
-- KEYS[1]      hash of delivery tag to [message, exchange, routing key], as kombu lays it out
-- KEYS[2]      sorted set of delivery tag by the time of the delivery
-- KEYS[3...]   the lists
-- ARGV[1]      LPUSH: behind all that wait; RPUSH: next in turn
-- ARGV[2...]   for each message three: its tag, what to put back, and the numbers of its lists (1 is KEYS[3]), with
--              commas between
-- Returns      how many were still held and are back now

local restored = 0
for i = 2, #ARGV, 3 do
  local tag, message, lists = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('HDEL', KEYS[1], tag) == 1 then
    for list in string.gmatch(lists, '%d+') do
      redis.call(ARGV[1], KEYS[2 + tonumber(list)], message)
    end
    restored = restored + 1
  end
  redis.call('ZREM', KEYS[2], tag)
end
return restored
