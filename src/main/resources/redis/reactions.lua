-- The totals of some streams. KEYS: theirs. Answer: per stream kind, count, kind, count …

local answer = {}
for i = 1, #KEYS do
  answer[i] = redis.call('HGETALL', KEYS[i])
end
return answer
