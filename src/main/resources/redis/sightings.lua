-- A page of sightings in the order of their numbers. see.lua describes the sets.
--
-- KEYS  1 by expiry, 2 by number
-- ARGV  1 where to begin: "-", or "(" and a member; 2 the most members; 3 the prefix of a key before
--       its number (all keys have one hash tag, hence one slot)
--
-- Expired members are removed 1,000 at a time; the others are left out because their keys are gone,
-- which Redis expires to the millisecond. Answer: the last member looked at, 1 if there are more,
-- then per sighting its number and value.

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)
if #over > 0 then
  redis.call('ZREM', KEYS[1], unpack(over))
  redis.call('ZREM', KEYS[2], unpack(over))
end

local limit = tonumber(ARGV[2])
local members = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], '+', 'LIMIT', 0, limit + 1)
local more = #members > limit
if more then
  members[#members] = nil
end
if #members == 0 then
  return {'', 0}
end

local ids, keys = {}, {}
for i, member in ipairs(members) do
  ids[i] = string.sub(member, 18)
  keys[i] = ARGV[3] .. ids[i]
end
local answer = {members[#members], more and 1 or 0}
for i, value in ipairs(redis.call('MGET', unpack(keys))) do
  if value then
    answer[#answer + 1] = ids[i]
    answer[#answer + 1] = value
  end
end
return answer
