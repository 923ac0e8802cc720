-- Sightings in the order of their numbers. See see.lua for the sets.
--
-- KEYS  1 by expiry, 2 by number
-- ARGV  1 where to begin: "-", or "(" and a member; 2 how many at most; 3 what stands before a
--       number in the name of its key (all of one hash tag, hence of one slot)
--
-- What expired and is still in the sets is removed in steps of 1,000, and left out by its key, which
-- Redis expires to the millisecond. Answer: the last member looked at, 1 if there is more behind it,
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
