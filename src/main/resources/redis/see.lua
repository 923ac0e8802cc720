-- Notes that objects were seen: each has a key that expires, and beside it a place in three sorted sets.
--
-- KEYS  1 by expiry (score: when the key expires, ms), 2 by number (all scores 0, so in the order of
--       the members), 3 heard of (score: when that is forgotten, ms), then per object its key
-- ARGV  1 ms it is remembered that there was a key, then per object: member, ms to live, value
--
-- A member is the number as 16 hex digits with the sign flipped, so that their order is that of the
-- numbers, a colon, and the number in decimal.
--
-- No job cleans up. A write removes twice as much of what is over as it may have to add, and the sets
-- themselves expire with their last entry. Answer: per object, ms until its key expires.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = string.format('%.0f', now)
local objects = #KEYS - 3

local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text, 'LIMIT', 0, 2 * objects + 16)
if #over > 0 then
  redis.call('ZREM', KEYS[1], unpack(over))
  redis.call('ZREM', KEYS[2], unpack(over))
end
local forgotten = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', text, 'LIMIT', 0, 2 * objects + 16)
if #forgotten > 0 then
  redis.call('ZREM', KEYS[3], unpack(forgotten))
end

local answer, longest = {}, 0
local forget = string.format('%.0f', now + tonumber(ARGV[1]))
for i = 1, objects do
  local member, ttl, value = ARGV[3 * i - 1], tonumber(ARGV[3 * i]), ARGV[3 * i + 1]
  local left = redis.call('PTTL', KEYS[3 + i])
  if left < ttl then
    redis.call('SET', KEYS[3 + i], value, 'PX', ttl)
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), member)
    redis.call('ZADD', KEYS[2], 0, member)
    left = ttl
  end
  redis.call('ZADD', KEYS[3], forget, member)
  longest = math.max(longest, left)
  answer[i] = left
end

if redis.call('PTTL', KEYS[1]) < longest then
  redis.call('PEXPIRE', KEYS[1], longest + 1000)
  redis.call('PEXPIRE', KEYS[2], longest + 1000)
end
redis.call('PEXPIRE', KEYS[3], ARGV[1])
return answer
