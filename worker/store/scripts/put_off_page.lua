-- put_off_page: give a page whose host is busy another turn, behind all turns that were given out.
--
-- KEYS[1] pages  zset  item id by the time at which its page may be asked for
-- KEYS[2] hosts  zset  host by the time from which it has no page to expect yet
-- ARGV[1] item id
-- ARGV[2] host
-- ARGV[3] not before, seconds since 1970
-- ARGV[4] gap of two pages of one host, seconds
--
-- Returns 1, or 0 when the page is not wanted any more.

if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local turn = math.max(tonumber(ARGV[3]), tonumber(redis.call('ZSCORE', KEYS[2], ARGV[2]) or '-inf'))
redis.call('ZADD', KEYS[1], turn, ARGV[1])
redis.call('ZADD', KEYS[2], turn + tonumber(ARGV[4]), ARGV[2])
return 1
