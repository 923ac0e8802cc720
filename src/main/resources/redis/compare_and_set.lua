-- Writes a versioned record if its version is the expected one (0: does not exist).
--
-- KEYS  1 the record (hash: n version, v value)
-- ARGV  1 expected version, 2 value, 3 ms until it expires
--
-- Answer: the current version and value; 0 and an empty value if there is none.

local record = redis.call('HMGET', KEYS[1], 'n', 'v')
local version = tonumber(record[1] or '0')
if version ~= tonumber(ARGV[1]) then
  return {version, record[2] or ''}
end
redis.call('HSET', KEYS[1], 'n', string.format('%.0f', version + 1), 'v', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {version + 1, ARGV[2]}
