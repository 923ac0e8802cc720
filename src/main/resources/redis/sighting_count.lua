-- The number of sightings that have not expired. KEYS 1 by expiry (see see.lua).

local time = redis.call('TIME')
local now = string.format('(%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
return redis.call('ZCOUNT', KEYS[1], now, '+inf')
