-- Appends an entry to the tape, unless nobody records. Follows check.lua and tape.lua.
--
-- KEYS[1...3]  as tape.lua lists them
-- KEYS[4]      the session clock
-- KEYS[5]      the revision counter
-- ARGV[1]      the entry's kind
-- ARGV[2...]   its fields, each before its value
-- Returns      whether it was appended, as 1 or 0

local fault = open_whole_tape(1)
if fault then return redis.error_reply(fault) end
append_now(1, unpack(ARGV))
return TAPE and 1 or 0
