-- The rows of the shared table above a version, in the order of their versions.
--
-- KEYS  1 versions, 2 rows, 3 the table's state (see table_put.lua)
-- ARGV  1 the version, 2 the most rows
--
-- Answer: the table's version, the highest version of a forgotten removal, then per row: key, version,
-- ms until its end (0 if it has ended), value, the region that made the change (empty for this one).

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[3], 'v', 'd')
local answer = {state[1] or '0', state[2] or '0'}
local keys = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
for i = 1, #keys, 2 do
  local row = redis.call('HGET', KEYS[2], keys[i]) or '0 0  '
  local ends, region, value = string.match(row, '^(%d+) %d+ (%S*) (.*)$')
  answer[#answer + 1] = keys[i]
  answer[#answer + 1] = string.format('%.0f', tonumber(keys[i + 1]))
  answer[#answer + 1] = string.format('%.0f', math.max(0, tonumber(ends) - now))
  answer[#answer + 1] = value
  answer[#answer + 1] = region
end
return answer
