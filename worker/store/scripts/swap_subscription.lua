-- swap_subscription: write the record of a WebSub subscription if it still is the one that was read.
--
-- KEYS[1] subscription  string  its record
-- KEYS[2] websub due    zset    feed id by the time at which to look at its subscription
-- KEYS[3] due           zset    feed id by the time at which its feed is polled
-- ARGV[1] feed id
-- ARGV[2] the record as it was read, '' for none
-- ARGV[3] the new record, '' to delete it
-- ARGV[4] when to look at it next, seconds since 1970; '' for never
-- ARGV[5] when to poll the feed at the latest, seconds since 1970; '' to leave that as it is
--
-- Returns 1 when it was written, 0 when another has written meanwhile: nothing is written then.

-- A script does not roll back, so everything that can fail is tried before the first write.

local expected_types = {'string', 'zset', 'zset'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= expected_types[i] then
    return redis.error_reply('CONFLICT ' .. key .. ' is a ' .. kind .. ', not a ' .. expected_types[i])
  end
end
for i = 4, 5 do
  if ARGV[i] ~= '' and not tonumber(ARGV[i]) then return redis.error_reply('CONFLICT time ' .. ARGV[i] .. ' is no number') end
end

if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[3]) end
if ARGV[4] == '' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1]) end
-- Only of a feed that is scheduled: one that was stopped stays so.
if ARGV[5] ~= '' then redis.call('ZADD', KEYS[3], 'XX', 'LT', ARGV[5], ARGV[1]) end
return 1
