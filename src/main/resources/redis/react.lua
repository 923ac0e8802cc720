-- Adds batches of reactions to the totals of their streams, each batch once.
-- One script, so it takes effect as a whole or not at all, in the append-only file too.
--
-- KEYS  1                 the partition's epoch
--       then per batch    a bitmap that remembers numbers of its source, one key per block
--       then per stream   its totals (hash: kind -> count)
-- ARGV  1 epoch, 2 ms until a number expires, 3 ms until totals expire, 4 number of batches,
--       then per batch: its bit, its number of counts, and per count: stream (from 1), kind, count
--
-- Answer: 0 if the epoch is stale, else 1, then per batch 1 if it had been added before, then per
-- stream its totals: kind, count, kind, count …

local epoch = tonumber(ARGV[1])
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if epoch < current then
  return {0}
end
if epoch > current then
  -- Redis lost its data; the caller's epoch is in effect again.
  redis.call('SET', KEYS[1], ARGV[1])
end

local idTtl, totalsTtl = ARGV[2], ARGV[3]
local batches = tonumber(ARGV[4])
local streams = #KEYS - 1 - batches
local answer = {1}
local sums = {}
local a = 5
for b = 1, batches do
  local known = redis.call('SETBIT', KEYS[1 + b], ARGV[a], 1)
  redis.call('PEXPIRE', KEYS[1 + b], idTtl)
  local counts = tonumber(ARGV[a + 1])
  if known == 0 then
    for c = 1, counts do
      local at = a + 3 * c - 1
      local s, kind = tonumber(ARGV[at]), ARGV[at + 1]
      sums[s] = sums[s] or {}
      -- Below 2^53, so Lua's doubles hold it.
      sums[s][kind] = (sums[s][kind] or 0) + tonumber(ARGV[at + 2])
    end
  end
  answer[#answer + 1] = known
  a = a + 2 + 3 * counts
end

for s = 1, streams do
  local key = KEYS[1 + batches + s]
  if sums[s] then
    for kind, count in pairs(sums[s]) do
      redis.call('HINCRBY', key, kind, string.format('%.0f', count))
    end
    redis.call('PEXPIRE', key, totalsTtl)
  end
  answer[#answer + 1] = redis.call('HGETALL', key)
end
return answer
