-- reserve_turns: take the next free turns of hosts, a gap apart.
--
-- KEYS    a string of each host: when its next turn is free, seconds since 1970; ends by itself
-- ARGV[1] now, seconds since 1970
-- ARGV[2] gap of two turns, seconds
-- ARGV[3..] two of each host: how many go now by turns that they hold, how many turns are wanted beside these
--
-- Returns of each host the time of its first turn; the others follow, each a gap later.

local now, gap = tonumber(ARGV[1]), tonumber(ARGV[2])
local first = {}
for i, key in ipairs(KEYS) do
  local going, wanted = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  local at = math.max(now + gap * going, tonumber(redis.call('GET', key) or '0'))
  local free = at + gap * wanted
  redis.call('SET', key, string.format('%.6f', free), 'PX', math.ceil((free - now) * 1000))
  first[i] = string.format('%.6f', at)
end
return first
