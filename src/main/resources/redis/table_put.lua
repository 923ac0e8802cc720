-- Sets a row of the shared table, or removes it; or takes in a row of another region.
--
-- KEYS  1 versions (sorted set: key -> version), 2 rows (hash: key -> end in ms, stamp, region, value), 3 ends
--       (sorted set: key -> ms), 4 the table's state (hash: v highest version, d highest version of a
--       forgotten removal)
-- ARGV  1 key, 2 value, 3 ms until it ends, 4 the most rows,
--       for another region's row: 5 when it ends, in ms, 6 its stamp, 7 its region, 8 this region,
--       9 ms that a removal stays
--
-- A removal is a row with an empty value, so that nodes notice it. A version is the time in
-- microseconds, or above the last one. A row of this region has no region, and its version for a stamp.
-- Rows that have ended are removed by writes, at most 100 by one.
-- Answer: the version, 0 if the table is full, -1 if the row has a newer change.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ms = math.floor(now / 1000)

local over = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', ms), 'LIMIT', 0, 100)
for _, key in ipairs(over) do
  local row = redis.call('HGET', KEYS[2], key)
  if row and string.match(row, '^%d+ %d+ %S* $') then
    local version = tonumber(redis.call('ZSCORE', KEYS[1], key) or '0')
    if version > tonumber(redis.call('HGET', KEYS[4], 'd') or '0') then
      redis.call('HSET', KEYS[4], 'd', string.format('%.0f', version))
    end
  end
  redis.call('HDEL', KEYS[2], key)
  redis.call('ZREM', KEYS[1], key)
  redis.call('ZREM', KEYS[3], key)
end

local held = redis.call('HGET', KEYS[2], ARGV[1])
if not held and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
  return 0
end
local heldStamp, heldRegion = string.match(held or '', '^%d+ (%d+) (%S*) ')
heldStamp = tonumber(heldStamp or '0')

local value, left = ARGV[2], tonumber(ARGV[3])
local last = tonumber(redis.call('HGET', KEYS[4], 'v') or '0') + 1
local stamp, region, version
if ARGV[5] then
  stamp, region, version = tonumber(ARGV[6]), ARGV[7], math.max(now, last)
  if not heldRegion or heldRegion == '' then
    heldRegion = ARGV[8]
  end
  if stamp < heldStamp or (held and stamp == heldStamp and region <= heldRegion) then
    return -1
  end
  left = math.min(left, tonumber(ARGV[5]) - ms)
  if value == '' or left <= 0 then
    value, left = '', tonumber(ARGV[9])
  end
else
  version = math.max(now, last, heldStamp + 1)
  stamp, region = version, ''
end

version = string.format('%.0f', version)
local ends = string.format('%.0f', ms + left)
redis.call('HSET', KEYS[2], ARGV[1], ends .. ' ' .. string.format('%.0f', stamp) .. ' ' .. region .. ' ' .. value)
redis.call('ZADD', KEYS[1], version, ARGV[1])
redis.call('ZADD', KEYS[3], ends, ARGV[1])
redis.call('HSET', KEYS[4], 'v', version)
return tonumber(version)
