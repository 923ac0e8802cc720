-- How many pins of a stream have the owner of a name (see append.lua), beside the pin of that name, and have not ended.
-- KEYS 1 the stream's pins. ARGV 1 the name. Answer: their number.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local owner = string.sub(ARGV[1], 1, string.find(ARGV[1], '\0', 1, true) or 0)
local count = 0
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if name ~= ARGV[1] and string.sub(name, 1, #owner) == owner then
    local ends = string.match(redis.call('HGET', KEYS[1], name), '^%d+ (%d+) ')
    if tonumber(ends) > now then
      count = count + 1
    end
  end
end
return count
