-- A stream's events and holes from an offset on, as of one instant.
--
-- KEYS  1 the stream's state, 2 history, 3 holes
-- ARGV  1 the first offset, 2 the most events, and the most holes
--
-- Answer: the highest offset ever given out, the highest dropped, the events, the holes.

local v = redis.call('HMGET', KEYS[1], 'o', 'e', 'd', 'g')
local last, event = tonumber(v[1] or '0'), tonumber(v[2] or '0')
local dropped, hole = tonumber(v[3] or '0'), tonumber(v[4] or '0')
-- State outlives history: it shows what has expired.
if redis.call('EXISTS', KEYS[2]) == 0 then
  dropped = math.max(dropped, event)
end
if redis.call('EXISTS', KEYS[3]) == 0 then
  dropped = math.max(dropped, hole)
end
return {
  last, dropped,
  redis.call('XRANGE', KEYS[2], ARGV[1], '+', 'COUNT', ARGV[2]),
  redis.call('ZRANGEBYSCORE', KEYS[3], ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
}
