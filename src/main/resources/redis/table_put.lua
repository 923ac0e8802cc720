-- Sets a row of the shared table, or removes it.
--
-- KEYS  1 versions (sorted set: key -> version), 2 rows (hash: key -> end in ms, value), 3 ends (sorted
--       set: key -> ms), 4 the table's state (hash: v highest version, d highest version of a forgotten
--       removal)
-- ARGV  1 key, 2 value, 3 ms until it ends, 4 the most rows
--
-- A removal is a row with an empty value, so that nodes notice it. A version is the time in
-- microseconds, or above the last one. Rows that have ended are removed by writes, at most 100 by one.
-- Answer: the version, 0 if the table is full.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ms = math.floor(now / 1000)

local over = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', ms), 'LIMIT', 0, 100)
for _, key in ipairs(over) do
  local row = redis.call('HGET', KEYS[2], key)
  if row and string.match(row, '^%d+ $') then
    local version = tonumber(redis.call('ZSCORE', KEYS[1], key) or '0')
    if version > tonumber(redis.call('HGET', KEYS[4], 'd') or '0') then
      redis.call('HSET', KEYS[4], 'd', string.format('%.0f', version))
    end
  end
  redis.call('HDEL', KEYS[2], key)
  redis.call('ZREM', KEYS[1], key)
  redis.call('ZREM', KEYS[3], key)
end

if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) and redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then
  return 0
end
local version = string.format('%.0f', math.max(now, tonumber(redis.call('HGET', KEYS[4], 'v') or '0') + 1))
local ends = string.format('%.0f', ms + tonumber(ARGV[3]))
redis.call('HSET', KEYS[2], ARGV[1], ends .. ' ' .. ARGV[2])
redis.call('ZADD', KEYS[1], version, ARGV[1])
redis.call('ZADD', KEYS[3], ends, ARGV[1])
redis.call('HSET', KEYS[4], 'v', version)
return tonumber(version)
