-- add_feeds: subscribe to feeds. One that is known keeps its record and its schedule, a stopped one stays stopped.
--
-- KEYS[1]   feeds   set     feed ids
-- KEYS[2]   due     zset    feed id by the time at which it is due
-- KEYS[3..] record  string  of each feed
-- ARGV      three of each feed: id, record, when it is due ('' for never)
--
-- Returns the number of feeds that are new.

-- A script does not roll back, so everything that can fail is tried before the first write.

local expected_types = {'set', 'zset'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= (expected_types[i] or 'string') then
    return redis.error_reply('CONFLICT ' .. key .. ' is a ' .. kind .. ', not a ' .. (expected_types[i] or 'string'))
  end
end

local new = 0
for i = 3, #KEYS do
  local at = (i - 3) * 3
  local id, record, due = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  if redis.call('SISMEMBER', KEYS[1], id) == 0 then
    redis.call('SET', KEYS[i], record)
    if due ~= '' then redis.call('ZADD', KEYS[2], due, id) end
    redis.call('SADD', KEYS[1], id)
    new = new + 1
  end
end
return new
