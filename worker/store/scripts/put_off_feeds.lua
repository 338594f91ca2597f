-- put_off_feeds: give feeds that were claimed and are not asked now another time at which they are due.
--
-- KEYS[1] due         zset  feed id by the time at which it is due
-- KEYS[2] dispatched  zset  feed id by the time until which its dispatch is believed to be under way
-- KEYS[3] turns       set   ids of the feeds whose due time is a turn of their host
-- KEYS[4] attempts    zset  feed id by the time of its last attempt
-- KEYS[5] feeds       set   feed ids
-- KEYS[6] unfinished  hash  feed id to the number of polls since the last one that came to an end
-- ARGV[1] now, seconds since 1970
-- ARGV[2] least gap of two attempts, seconds: who was asked since keeps the time that this poll gave it
-- ARGV[3] 1 when an attempt was noted that led to no request and is taken back
-- ARGV[4] 1 when the new time is a turn of the feed's host
-- ARGV[5..] feed id and time, seconds since 1970, in turn

-- A script does not roll back, so everything that can fail is tried before the first write.

local expected_types = {'zset', 'zset', 'set', 'zset', 'set', 'hash'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= expected_types[i] then
    return redis.error_reply('CONFLICT ' .. key .. ' is a ' .. kind .. ', not a ' .. expected_types[i])
  end
end

for i = 5, #ARGV, 2 do
  local id = ARGV[i]
  redis.call('ZREM', KEYS[2], id)
  if ARGV[3] == '1' then
    redis.call('ZREM', KEYS[4], id)
    if redis.call('HINCRBY', KEYS[6], id, -1) <= 0 then redis.call('HDEL', KEYS[6], id) end
  end
  local last = redis.call('ZSCORE', KEYS[4], id)
  local apart = not last or tonumber(ARGV[1]) - tonumber(last) >= tonumber(ARGV[2])
  if apart and redis.call('SISMEMBER', KEYS[5], id) == 1 then
    redis.call('ZADD', KEYS[1], 'XX', ARGV[i + 1], id)
    if ARGV[4] == '1' then redis.call('SADD', KEYS[3], id) else redis.call('SREM', KEYS[3], id) end
  end
end
