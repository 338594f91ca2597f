-- begin_page: note the attempt before the request, and keep two requests for one page apart.
--
-- KEYS[1] pages     zset  item id by the time at which its page may be asked for
-- KEYS[2] attempts  hash  item id -> number of attempts, a space, time of the last one
-- ARGV[1] item id
-- ARGV[2] now, seconds since 1970
-- ARGV[3] when the page may be asked for again if this attempt never ends
--
-- Returns the number of this attempt, from 1; 0 when the page is not wanted any more, or when somebody began an
-- attempt that may still be under way.

if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local count, last = string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^(%d+) (%S+)$')
if last and tonumber(ARGV[2]) < tonumber(last) + (tonumber(ARGV[3]) - tonumber(ARGV[2])) then return 0 end
count = tonumber(count or '0') + 1
redis.call('HSET', KEYS[2], ARGV[1], count .. ' ' .. ARGV[2])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return count
