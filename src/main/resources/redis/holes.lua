-- Records, for each of some streams, that events in from..to were delivered but not appended.
--
-- KEYS  1 the partition's epoch, then per stream its state, history, holes
-- ARGV  1 epoch, 2 holes to keep, 3 ms until history expires, 4 ms until state expires,
--       then per stream: from, to
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

local keep, historyTtl, stateTtl = tonumber(ARGV[2]), ARGV[3], ARGV[4]
for i = 1, (#ARGV - 4) / 2 do
  local from, to = ARGV[2 * i + 3], ARGV[2 * i + 4]
  local stateKey, historyKey, holesKey = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
  local v = redis.call('HMGET', stateKey, 'o', 'g', 'd')
  local last, hole, dropped = tonumber(v[1] or '0'), tonumber(v[2] or '0'), tonumber(v[3] or '0')
  if redis.call('EXISTS', holesKey) == 0 then
    -- Older holes have expired.
    dropped = math.max(dropped, hole)
  end

  redis.call('ZADD', holesKey, to, from .. ' ' .. to)
  local excess = redis.call('ZCARD', holesKey) - keep
  if excess > 0 then
    local newest = redis.call('ZRANGE', holesKey, excess - 1, excess - 1, 'WITHSCORES')
    dropped = math.max(dropped, tonumber(newest[2]))
    redis.call('ZREMRANGEBYRANK', holesKey, 0, excess - 1)
  end

  redis.call('HSET', stateKey, 'o', string.format('%.0f', math.max(last, tonumber(to))),
    'g', string.format('%.0f', math.max(hole, tonumber(to))), 'd', string.format('%.0f', dropped))
  redis.call('PEXPIRE', stateKey, stateTtl)
  redis.call('PEXPIRE', historyKey, historyTtl)
  redis.call('PEXPIRE', holesKey, historyTtl)
end
return {1}
