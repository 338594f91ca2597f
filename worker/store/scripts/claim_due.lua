-- claim_due: take feeds that are due, each for one dispatcher.
--
-- KEYS[1] due  zset  feed id by the time at which it is due
-- ARGV[1] now, seconds since 1970
-- ARGV[2] time until which the claim holds: a dispatch that gets lost is made again then
-- ARGV[3] most feeds to take
--
-- Returns the feed ids, the longest due first.

local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[2], id) end
return ids
