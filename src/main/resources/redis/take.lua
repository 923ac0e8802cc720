-- Gives out the partition's next epoch.
--
-- KEYS 1 the partition's epoch. ARGV 1 the lowest epoch to give. Answer: the epoch.

local epoch = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, tonumber(ARGV[1]))
redis.call('SET', KEYS[1], string.format('%.0f', epoch))
return epoch
