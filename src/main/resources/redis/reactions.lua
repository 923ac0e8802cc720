-- The totals of reactions. KEYS: the streams' totals. Answer: per stream kind, count, kind, count …

local answer = {}
for i = 1, #KEYS do
  answer[i] = redis.call('HGETALL', KEYS[i])
end
return answer
