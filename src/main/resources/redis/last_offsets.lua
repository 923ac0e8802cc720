-- KEYS per stream its state. Answer: per stream the highest offset given out, 0 if none.

local answer = {}
for i, key in ipairs(KEYS) do
  answer[i] = redis.call('HGET', key, 'o') or '0'
end
return answer
