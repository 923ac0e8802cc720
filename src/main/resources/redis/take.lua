-- Gives out a partition's next epoch: above every one before, also if Redis lost the last of them,
-- for it is at least the time, and at least what the caller knows to be in use.
-- KEYS 1 the partition's epoch; ARGV 1 the least epoch. Answer: the epoch.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local epoch = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, tonumber(ARGV[1]), now)
redis.call('SET', KEYS[1], string.format('%.0f', epoch))
return epoch
