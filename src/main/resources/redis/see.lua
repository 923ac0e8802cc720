-- Records when objects were last seen: each has a key that expires, and entries in three sorted sets.
--
-- KEYS  1 by expiry (score: when the key expires, ms), 2 by number (all scores 0, so in the order of
--       the members), 3 seen before (score: until when it is known that there was a key, ms), then
--       per object its key
-- ARGV  1 ms that an object is in the third set, then per object: member, ms to live, value
--
-- A member is the number as 16 hex digits with the sign flipped, so that members sort as the numbers
-- do, then a colon and the number in decimal.
--
-- There is no clean-up job. A write removes at least twice as many expired entries as it adds, and the
-- sets themselves expire with their last entry. Answer: per object, ms until its key expires.

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
