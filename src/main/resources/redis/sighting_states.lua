-- The states of objects.
--
-- KEYS  1 seen before (see see.lua), then per object its key
-- ARGV  per object its member
--
-- Answer: per object ms until its key expires, 0 if it has expired, -1 if none is known to have existed.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for i = 1, #ARGV do
  local left = redis.call('PTTL', KEYS[1 + i])
  if left <= 0 then
    local forget = redis.call('ZSCORE', KEYS[1], ARGV[i])
    left = (forget and tonumber(forget) > now) and 0 or -1
  end
  answer[i] = left
end
return answer
