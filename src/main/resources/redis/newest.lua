-- A stream's newest events below an offset, the newest first.
--
-- KEYS  1 history
-- ARGV  1 the offset, 2 the most events

return redis.call('XREVRANGE', KEYS[1], '(' .. ARGV[1], '-', 'COUNT', ARGV[2])
