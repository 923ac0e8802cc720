-- The highest offsets ever given out. KEYS: the streams' states. Answer: per stream its offset, or 0.

local answer = {}
for i = 1, #KEYS do
  answer[i] = tonumber(redis.call('HGET', KEYS[i], 'o') or '0')
end
return answer
