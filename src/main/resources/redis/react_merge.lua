-- Takes in another region's own totals of reactions: the larger number counts.
--
-- KEYS  1 the partition's epoch, then per stream its totals (hash: kind -> count)
-- ARGV  1 epoch, 2 ms until totals expire, then per stream: its number of counts, and per count: field, count
--
-- Answer: 0 if the epoch is stale, else 1, then per stream its totals: kind, count, kind, count …

local epoch = tonumber(ARGV[1])
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if epoch < current then
  return {0}
end
if epoch > current then
  -- Redis lost its data; the caller's epoch is in effect again.
  redis.call('SET', KEYS[1], ARGV[1])
end

local answer = {1}
local a = 3
for s = 2, #KEYS do
  for _ = 1, tonumber(ARGV[a]) do
    local field, count = ARGV[a + 1], ARGV[a + 2]
    if tonumber(redis.call('HGET', KEYS[s], field) or '0') < tonumber(count) then
      redis.call('HSET', KEYS[s], field, count)
    end
    a = a + 2
  end
  a = a + 1
  redis.call('PEXPIRE', KEYS[s], ARGV[2])
  answer[#answer + 1] = redis.call('HGETALL', KEYS[s])
end
return answer
