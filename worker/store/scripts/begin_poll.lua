-- begin_poll: note the attempt before the request, and keep two polls of one feed apart.
--
-- KEYS[1] attempts    zset  feed id by the time of its last attempt
-- KEYS[2] due         zset  feed id by the time at which it is due
-- KEYS[3] feeds       set   feed ids
-- KEYS[4] dispatched  zset  feed id by the time until which its dispatch is believed to be under way
-- KEYS[5] turns       set   ids of the feeds whose due time is a turn of their host
-- KEYS[6] unfinished  hash  feed id to the number of polls since the last one that came to an end
-- ARGV[1] now, seconds since 1970
-- ARGV[2] least gap of two attempts, seconds
-- ARGV[3] when a feed is due again if this poll never ends
-- ARGV[4] 1 when the poll is counted as unfinished until its end
-- ARGV[5..] feed ids
--
-- Returns those feed ids that may be polled now.

-- A script does not roll back, so everything that can fail is tried before the first write.

local expected_types = {'zset', 'zset', 'set', 'zset', 'set', 'hash'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= expected_types[i] then
    return redis.error_reply('CONFLICT ' .. key .. ' is a ' .. kind .. ', not a ' .. expected_types[i])
  end
end

local allowed = {}
for i = 5, #ARGV do
  local id = ARGV[i]
  local last = redis.call('ZSCORE', KEYS[1], id)
  local apart = not last or tonumber(ARGV[1]) - tonumber(last) >= tonumber(ARGV[2])
  redis.call('ZREM', KEYS[4], id)
  if apart and redis.call('SISMEMBER', KEYS[3], id) == 1 then
    redis.call('ZADD', KEYS[1], ARGV[1], id)
    -- One that is stopped here leads the polls of other collections, and stays out of the schedule.
    redis.call('ZADD', KEYS[2], 'XX', ARGV[3], id)
    redis.call('SREM', KEYS[5], id)
    if ARGV[4] == '1' then redis.call('HINCRBY', KEYS[6], id, 1) end
    allowed[#allowed + 1] = id
  end
end
return allowed
