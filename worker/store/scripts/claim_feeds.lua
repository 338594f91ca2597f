-- claim_feeds: take feeds that are due, each for one dispatcher, and no more than those who fetch keep up with.
--
-- KEYS[1] due         zset  feed id by the time at which it is due
-- KEYS[2] dispatched  zset  feed id by the time until which its dispatch is believed to be under way
-- KEYS[3] turns       set   ids of the feeds whose due time is a turn of their host
-- KEYS[4] attempts    zset  feed id by the time of its last attempt
-- KEYS[5] feeds       set   feed ids
-- ARGV[1] now, seconds since 1970
-- ARGV[2] time until which the claim holds: a dispatch that gets lost is made again then
-- ARGV[3] seconds over which all feeds are spread when they are due at once; 0 for no spread
-- ARGV[4] feeds that may be taken however few there are
-- ARGV[5] most feeds to take
-- ARGV[6] feeds that may be under way however slow the fetchers are
--
-- Returns the feed ids, the longest due first, each followed by 1 when it holds a turn, else by 0.

local now = tonumber(ARGV[1])
local head = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if not head[2] or tonumber(head[2]) > now then return {} end

local most = tonumber(ARGV[5])
local spread = tonumber(ARGV[3])
if spread > 0 then
  local share = math.ceil(redis.call('SCARD', KEYS[5]) / spread)
  most = math.min(most, math.max(share, tonumber(ARGV[4])))
end

-- A script does not roll back, so everything that can fail is tried before the first write.

local expected_types = {'zset', 'zset', 'set', 'zset', 'set'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= expected_types[i] then
    return redis.error_reply('CONFLICT ' .. key .. ' is a ' .. kind .. ', not a ' .. expected_types[i])
  end
end

-- What was begun in the last minute is what may wait: the queue is then a minute long at most.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local pace = redis.call('ZCOUNT', KEYS[4], now - 60, '+inf')
local room = math.max(pace, tonumber(ARGV[6])) - redis.call('ZCARD', KEYS[2])

local claims = {}
if room < 1 or most < 1 then return claims end
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, math.min(most, room))
for _, id in ipairs(ids) do
  redis.call('ZADD', KEYS[1], ARGV[2], id)
  redis.call('ZADD', KEYS[2], ARGV[2], id)
  claims[#claims + 1] = id
  claims[#claims + 1] = redis.call('SREM', KEYS[3], id)
end
return claims
