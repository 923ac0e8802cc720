-- Sets a fact for good, unless it is set. (SET … NX GET needs Redis 7.)
-- KEYS 1 the fact; ARGV 1 its value. Answer: the value that holds.

if redis.call('SETNX', KEYS[1], ARGV[1]) == 1 then
  return ARGV[1]
end
return redis.call('GET', KEYS[1])
