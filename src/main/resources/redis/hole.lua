-- Records that events in from..to were delivered but not appended.
--
-- KEYS  1 the partition's epoch, then the stream's 2 state, 3 history, 4 holes
-- ARGV  1 epoch, 2 from, 3 to, 4 holes to keep, 5 ms until history expires, 6 ms until state expires
--
-- A hole is a member "from to" with the score "to"; the same hole twice is one member. append.lua
-- describes the state. Answer: {0} if the epoch is stale, else {1}.

local epoch = tonumber(ARGV[1])
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if epoch < current then
  return {0}
end
if epoch > current then
  redis.call('SET', KEYS[1], ARGV[1])
end

local to = tonumber(ARGV[3])
local v = redis.call('HMGET', KEYS[2], 'o', 'g', 'd')
local last, hole, dropped = tonumber(v[1] or '0'), tonumber(v[2] or '0'), tonumber(v[3] or '0')
if redis.call('EXISTS', KEYS[4]) == 0 then
  -- Older holes have expired.
  dropped = math.max(dropped, hole)
end

redis.call('ZADD', KEYS[4], ARGV[3], ARGV[2] .. ' ' .. ARGV[3])
local excess = redis.call('ZCARD', KEYS[4]) - tonumber(ARGV[4])
if excess > 0 then
  local newest = redis.call('ZRANGE', KEYS[4], excess - 1, excess - 1, 'WITHSCORES')
  dropped = math.max(dropped, tonumber(newest[2]))
  redis.call('ZREMRANGEBYRANK', KEYS[4], 0, excess - 1)
end

redis.call('HSET', KEYS[2], 'o', string.format('%.0f', math.max(last, to)),
  'g', string.format('%.0f', math.max(hole, to)), 'd', string.format('%.0f', dropped))
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
redis.call('PEXPIRE', KEYS[4], ARGV[5])
return {1}
