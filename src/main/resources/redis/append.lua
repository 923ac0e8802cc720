-- Binds each item of a batch to an offset of its stream and appends it to the stream's history.
-- A batch is one script, so it takes effect as a whole or not at all, in the append-only file too.
--
-- KEYS  1                 the partition's epoch
--       then per stream   its state (hash), its history (stream), its holes (sorted set)
--       then per item     the key that remembers its id
--       then per effect   the key that remembers the id of the comment that it deletes, and the
--                         pins of the stream (hash: name -> offset, end in ms, body)
--       then per item of another region  the key that remembers its id as deleted
-- ARGV  1 epoch, 2 events to keep, 3 ms until history expires, 4 ms until an id expires, 5 ms until
--       state expires, 6 bytes of events to keep, 7 number of streams, 8 number of effects,
--       then per stream: the highest offset that Redis has confirmed to the caller, 0 if none
--       then per item: its stream (from 1), proposed offset, user, id, body, flags: 1 if it was
--       delivered, plus 2 if history gets a tombstone instead of the body; then the region that it
--       comes from (empty for this one), its offset there, and the offset before it there
--       then per effect: its item (from 1), kind, user, id, ms, most pins of its group
--
-- A delivered item has reached viewers at the proposed offset while Redis was unavailable: it keeps
-- that offset. If an append of it took effect late, the entry of that append is deleted, and other
-- regions never hear of its offset. Where
-- history is past the offset it gets a hole, since entries are only added at the end.
--
-- An offset is the time in microseconds, or what was proposed, which counts no further than the time:
-- a node's clock never gets ahead of this one. Either way it is above the stream's last.
--
-- An item of another region is known, for as long as the state lives, if that region's mark is at its
-- offset or beyond: a region's items arrive in their order. If the mark is below the offset before it,
-- items were lost on the way, and the stream gets a hole in front of it. The id key of such an item
-- is that of its region and offset. One that a third region deleted before it arrived is known as deleted.
-- One with an empty body is not shown here: it raises its region's mark and nothing else, unless items
-- before it are missing; then the hole is in front of the next item.
--
-- A stream whose last offset is below what was confirmed has lost events: it gets a hole up to there, and
-- its first item here the offset before the hole as the one before it.
--
-- Effects: delete  the comment of a user and id leaves history; its id is remembered as deleted, so
--                  that the comment is not appended when it arrives later
--          purge   all comments of a user leave history
--          pin     the body is pinned under the name in id; beyond the most pins whose names have the
--                  same first character, the oldest is removed. Of a name with a zero byte, what is up to it
--                  is its owner: beyond a fiftieth, the oldest of that owner is removed
--          unpin   the pin of that name is removed
--
-- Spare is an event that no viewer needs that comes back: one that got a tombstone, or the deletion or purge of
-- comments that were not here. History has few of them, so that no number of them pushes comments out. The newest event
-- stays in any case: readers wait for it.
--
-- State:   o  highest offset given out      e  offset of the newest event
--          d  highest offset dropped        g  end of the newest hole
--          m:<region>  its mark: the highest offset of that region here; m: has this region's own,
--                      but for those that get a tombstone, since other regions never get these
--          s  offsets of the newest spare events
--          z  bytes of all events so far that are not spare. An event's z has the bytes before it, so the bytes kept
--             are the state's z less the oldest event's
-- Answer: 0 if the epoch is stale, else 1 and per item: offset, the offset before it, 1 if known,
--         2 if known as deleted, 3 if known by its region's mark alone (offset 0); then the offset of
--         this region before it, if it is of this region; then 1 if there is a new hole before it.
--
-- Offsets are below 2^53, so Lua's doubles hold them exactly; tostring() would write 1e+15, hence '%.0f'.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local epoch = tonumber(ARGV[1])
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if epoch < current then
  return {0}
end
if epoch > current then
  -- Redis lost its data; the caller's epoch is in effect again.
  redis.call('SET', KEYS[1], ARGV[1])
end

local keep = tonumber(ARGV[2])
local historyTtl, idTtl, stateTtl = ARGV[3], ARGV[4], ARGV[5]
local most = tonumber(ARGV[6])
local streams = tonumber(ARGV[7])
local count = tonumber(ARGV[8])
local base = 8 + streams
local items = (#ARGV - base - 6 * count) / 9

local effects = {}
for e = 1, count do
  local a, k = base + 9 * items + 6 * (e - 1), 1 + streams * 3 + items + 2 * e
  effects[tonumber(ARGV[a + 1])] = {
    kind = ARGV[a + 2], user = ARGV[a + 3], id = ARGV[a + 4], ms = tonumber(ARGV[a + 5]),
    most = tonumber(ARGV[a + 6]), idKey = KEYS[k - 1], pins = KEYS[k]
  }
end

local states = {}
local function state(s)
  if not states[s] then
    local v = redis.call('HMGET', KEYS[s * 3 - 1], 'o', 'e', 'd', 'z', 'g', 'm:')
    states[s] = {
      last = tonumber(v[1] or '0'), event = tonumber(v[2] or '0'), dropped = tonumber(v[3] or '0'),
      bytes = tonumber(v[4] or '0'), hole = tonumber(v[5] or '0'),
      marks = {[''] = tonumber(v[6] or '0')}
    }
    local newest = redis.call('XREVRANGE', KEYS[s * 3], '+', '-', 'COUNT', 1)
    if #newest == 0 then
      -- History has expired.
      states[s].dropped = math.max(states[s].dropped, states[s].event)
    else
      -- Only a Redis that evicts keys loses the state before history. XADD must not fail half way.
      local top = tonumber(string.match(newest[1][1], '^%d+'))
      states[s].last = math.max(states[s].last, top)
      states[s].event = math.max(states[s].event, top)
    end
    local st, confirmed = states[s], tonumber(ARGV[8 + s])
    if confirmed > st.last then
      local to = string.format('%.0f', confirmed)
      redis.call('ZADD', KEYS[s * 3 + 1], to, string.format('%.0f %s', st.last + 1, to))
      st.before, st.last, st.hole, st.changed = st.last, confirmed, confirmed, true
    end
  end
  return states[s]
end

-- Drops the oldest events beyond either bound, but never the newest one for its size alone.
local function trim(st, historyKey, holesKey)
  local cut = redis.call('XLEN', historyKey) > keep
  if cut then
    redis.call('XTRIM', historyKey, 'MAXLEN', '=', keep)
  end
  local oldest = redis.call('XRANGE', historyKey, '-', '+', 'COUNT', 1)[1]
  -- A z may be missing in events of older versions; these count for nothing.
  while oldest and st.bytes - tonumber(oldest[2][10] or st.bytes) > most do
    local some = redis.call('XRANGE', historyKey, oldest[1], '+', 'COUNT', 64)
    if #some == 1 then
      break
    end
    local first = #some
    for i = 2, #some do
      if st.bytes - tonumber(some[i][2][10] or st.bytes) <= most then
        first = i
        break
      end
    end
    oldest, cut = some[first], true
    redis.call('XTRIM', historyKey, 'MINID', '=', oldest[1])
  end
  if cut then
    -- An event's p is the event before it: the oldest event's is the newest one dropped.
    local dropped = oldest and tonumber(oldest[2][2]) or st.event
    st.dropped = math.max(st.dropped, dropped)
    redis.call('ZREMRANGEBYSCORE', holesKey, '-inf', string.format('%.0f', st.dropped))
  end
end

-- Keeps the newest spare events: at most a tenth of history.
local function addSpare(stateKey, historyKey, offset)
  local spare = {}
  for at in string.gmatch((redis.call('HGET', stateKey, 's') or '') .. ' ' .. offset, '%d+') do
    spare[#spare + 1] = at
  end
  local over = math.max(0, #spare - math.max(1, math.min(32, math.floor(keep / 10))))
  for i = 1, over do
    redis.call('XDEL', historyKey, spare[i] .. '-0')
  end
  redis.call('HSET', stateKey, 's', table.concat(spare, ' ', over + 1))
end

-- Deletes the comments of a user, or the one with this id; returns how many.
local function removeComments(historyKey, user, id)
  local from, removed = '-', 0
  while from do
    local some = redis.call('XRANGE', historyKey, from, '+', 'COUNT', 500)
    for _, entry in ipairs(some) do
      local f = entry[2]
      if f[4] == user and (not id or f[6] == id) and string.sub(f[8], 1, 17) == '{"type":"comment"' then
        removed = removed + redis.call('XDEL', historyKey, entry[1])
      end
    end
    from = #some == 500 and '(' .. some[500][1]
  end
  return removed
end

local function removeOldest(pinsKey, pins, most)
  table.sort(pins, function(x, y) return x[1] < y[1] end)
  for p = 1, #pins - most do
    redis.call('HDEL', pinsKey, pins[p][2])
  end
end

-- A pin is "offset end body".
local function trimPins(pinsKey, name, most)
  local group = string.sub(name, 1, 1)
  local owner = string.sub(name, 1, string.find(name, '\0', 1, true) or 0)
  local all = redis.call('HGETALL', pinsKey)
  local alive, own = {}, {}
  for p = 1, #all, 2 do
    local offset, ends = string.match(all[p + 1], '^(%d+) (%d+) ')
    if tonumber(ends) * 1000 <= now then
      redis.call('HDEL', pinsKey, all[p])
    elseif string.sub(all[p], 1, 1) == group then
      alive[#alive + 1] = {tonumber(offset), all[p]}
      if owner ~= '' and string.sub(all[p], 1, #owner) == owner then
        own[#own + 1] = alive[#alive]
      end
    end
  end
  local mostOwn = math.max(1, math.floor(most / 50))
  if #own > mostOwn then
    removeOldest(pinsKey, own, mostOwn)
  else
    removeOldest(pinsKey, alive, most)
  end
end

-- Returns false if it deletes a comment that is neither here nor known, or that was deleted before; or purges a user
-- who has none here.
local function apply(effect, historyKey, offset, body)
  local pins = effect.pins
  if effect.kind == 'delete' then
    local known = redis.call('GET', effect.idKey)
    local at, previous, own, gone = string.match(known or '0 0', '^(%d+) (%d+) ?(%d*)( ?x?)$')
    local found = known and gone == ''
    if not known or redis.call('XDEL', historyKey, at .. '-0') == 0 then
      found = removeComments(historyKey, effect.user, effect.id) > 0 or found
    end
    redis.call('SET', effect.idKey, at .. ' ' .. previous .. ' ' .. own .. ' x',
      'PX', math.max(tonumber(idTtl), tonumber(historyTtl)))
    return redis.call('HDEL', pins, 'h' .. effect.user .. '\0' .. effect.id) == 1 or found
  elseif effect.kind == 'purge' then
    local removed = removeComments(historyKey, effect.user, nil)
    local held = 'h' .. effect.user .. '\0'
    for _, name in ipairs(redis.call('HKEYS', pins)) do
      if string.sub(name, 1, #held) == held then
        removed = removed + redis.call('HDEL', pins, name)
      end
    end
    return removed > 0
  elseif effect.kind == 'pin' then
    local ends = string.format('%.0f', math.floor(now / 1000) + effect.ms)
    redis.call('HSET', pins, effect.id, offset .. ' ' .. ends .. ' ' .. body)
    if redis.call('PTTL', pins) < effect.ms then
      redis.call('PEXPIRE', pins, string.format('%.0f', effect.ms))
    end
    trimPins(pins, effect.id, effect.most)
  elseif effect.kind == 'unpin' then
    redis.call('HDEL', pins, effect.id)
  end
  return true
end

local function mark(st, stateKey, region)
  st.marks[region] = st.marks[region] or tonumber(redis.call('HGET', stateKey, 'm:' .. region) or '0')
  return st.marks[region]
end

local foreign = 1 + streams * 3 + items + 2 * count
local answer = {1}
for i = 1, items do
  local a = base + (i - 1) * 9
  local s = tonumber(ARGV[a + 1])
  local proposed = tonumber(ARGV[a + 2])
  local flags = tonumber(ARGV[a + 6])
  local delivered, hidden = flags % 2 == 1, flags >= 2
  local region, there, before = ARGV[a + 7], tonumber(ARGV[a + 8]), tonumber(ARGV[a + 9])
  local idKey = KEYS[1 + streams * 3 + i]
  local absent = region ~= '' and ARGV[a + 5] == ''
  local known = not absent and redis.call('GET', idKey)
  if region ~= '' then
    foreign = foreign + 1
    local gone = not absent and not known and redis.call('GET', KEYS[foreign])
    if gone and string.sub(gone, -2) == ' x' then
      known = gone
      local st = state(s)
      st.marks[region] = math.max(mark(st, KEYS[s * 3 - 1], region), there)
      st.changed = true
    end
  end
  local offset, previous, own, deleted
  local hole = 0
  if known then
    offset, previous, own, deleted = string.match(known, '^(%d+) (%d+) ?(%d*)( ?x?)$')
    offset, previous, own = tonumber(offset), tonumber(previous), tonumber(own) or 0
    known = deleted ~= '' and 2 or 1
  end
  local replaced = known == 1 and delivered and offset ~= proposed
  if replaced then
    redis.call('XDEL', KEYS[s * 3], string.format('%.0f-0', offset))
    known = false
  end
  if not known then
    local st = state(s)
    local top = mark(st, KEYS[s * 3 - 1], region)
    own = region == '' and top or 0
    if absent then
      offset, previous, known = 0, 0, 3
      if there > top and (delivered or before <= top) then
        st.marks[region] = there
        st.changed = true
      end
    elseif region ~= '' and not delivered and there <= top then
      offset, previous, known = 0, 0, 3
    else
      if region ~= '' and not delivered and before > top then
        hole = 1
        st.last = math.max(st.last + 1, now)
        local at = string.format('%.0f', st.last)
        redis.call('ZADD', KEYS[s * 3 + 1], at, at .. ' ' .. at)
        st.hole = math.max(st.hole, st.last)
        st.before = nil
      end
      previous, st.before = st.before or st.last, nil
      local next = math.max(st.last + 1, proposed > 0 and math.min(proposed, now) or now)
      offset = delivered and proposed or next
      local text = string.format('%.0f', offset)
      local added = offset > st.last
      if added then
        redis.call('XADD', KEYS[s * 3], text .. '-0',
          'p', string.format('%.0f', st.event), 'u', ARGV[a + 3], 'i', ARGV[a + 4],
          'b', hidden and '-' or ARGV[a + 5],
          'z', string.format('%.0f', st.bytes))
        st.last, st.event = offset, offset
      elseif offset > st.dropped then
        redis.call('ZADD', KEYS[s * 3 + 1], text, text .. ' ' .. text)
        st.hole = math.max(st.hole, offset)
      end
      redis.call('SET', idKey, string.format('%s %.0f %.0f', text, previous, own), 'PX', idTtl)
      if region ~= '' or not hidden then
        local reached = region == '' and offset or there
        st.marks[region] = replaced and region == '' and reached or math.max(top, reached)
      end
      st.changed = true
      local found = not effects[i] or apply(effects[i], KEYS[s * 3], text, ARGV[a + 5])
      if added and (hidden or not (found or delivered)) then
        addSpare(KEYS[s * 3 - 1], KEYS[s * 3], text)
      elseif added then
        st.bytes = st.bytes + #ARGV[a + 3] + #ARGV[a + 4] + #ARGV[a + 5]
      end
    end
  end
  answer[#answer + 1] = offset
  answer[#answer + 1] = previous
  answer[#answer + 1] = known or 0
  answer[#answer + 1] = own
  answer[#answer + 1] = hole
end

for s, st in pairs(states) do
  if st.changed then
    local stateKey, historyKey, holesKey = KEYS[s * 3 - 1], KEYS[s * 3], KEYS[s * 3 + 1]
    trim(st, historyKey, holesKey)
    redis.call('HSET', stateKey, 'o', string.format('%.0f', st.last),
      'e', string.format('%.0f', st.event), 'd', string.format('%.0f', st.dropped),
      'z', string.format('%.0f', st.bytes), 'g', string.format('%.0f', st.hole))
    for region, top in pairs(st.marks) do
      redis.call('HSET', stateKey, 'm:' .. region, string.format('%.0f', top))
    end
    redis.call('PEXPIRE', stateKey, stateTtl)
    redis.call('PEXPIRE', historyKey, historyTtl)
    redis.call('PEXPIRE', holesKey, historyTtl)
  end
end
return answer
