-- take_slots: lease slots of hosts, and hold on to those that are held already.
--
-- KEYS    a zset of each host: lease by the time at which it ends
-- ARGV[1] now, seconds since 1970
-- ARGV[2] time until which the leases hold
-- ARGV[3] slots of a host
-- ARGV[4] who asks
-- ARGV[5..] two of each host: how many it holds, how many more it wants
--
-- Returns of each host how many more it got.

local now, limit = tonumber(ARGV[1]), tonumber(ARGV[3])
local lasts = math.ceil((tonumber(ARGV[2]) - now) * 1000)
local got = {}
for i, key in ipairs(KEYS) do
  local holds, wants = tonumber(ARGV[3 + 2 * i]), tonumber(ARGV[4 + 2 * i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  for n = 1, holds do redis.call('ZADD', key, ARGV[2], ARGV[4] .. ':' .. n) end
  local more = math.max(0, math.min(wants, limit - redis.call('ZCARD', key)))
  for n = holds + 1, holds + more do redis.call('ZADD', key, ARGV[2], ARGV[4] .. ':' .. n) end
  if holds + more > 0 then redis.call('PEXPIRE', key, lasts) end
  got[i] = more
end
return got
