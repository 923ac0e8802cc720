-- What is pinned to a stream. KEYS 1 its pins (see append.lua).
-- Answer: per pin its name, offset, ms until its end, body.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
local all = redis.call('HGETALL', KEYS[1])
for p = 1, #all, 2 do
  local offset, ends, body = string.match(all[p + 1], '^(%d+) (%d+) (.*)$')
  local left = tonumber(ends) - now
  if left > 0 then
    for _, value in ipairs({all[p], offset, string.format('%.0f', left), body}) do
      answer[#answer + 1] = value
    end
  end
end
return answer
