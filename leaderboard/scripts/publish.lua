-- Publishes what keys hold, each on the channel of its name, where somebody listens.
--
-- KEYS      the keys, which are strings

local call = redis.call
local listeners = call('PUBSUB', 'NUMSUB', unpack(KEYS))
-- A pattern may match any channel, and a replica has listeners of its own: nobody can ask for them.
local anybody = call('PUBSUB', 'NUMPAT') > 0 or not string.find(call('INFO', 'replication'), 'connected_slaves:0', 1, true)
for i, key in ipairs(KEYS) do
  if anybody or tonumber(listeners[2 * i]) > 0 then call('PUBLISH', key, call('GET', key)) end
end
