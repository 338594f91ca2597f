-- free_slots: give slots of hosts back.
--
-- KEYS    a zset of each host: lease by the time at which it ends
-- ARGV[1] who gives
-- ARGV[2..] how many it holds, of each host

for i, key in ipairs(KEYS) do
  for n = 1, tonumber(ARGV[i + 1]) do redis.call('ZREM', key, ARGV[1] .. ':' .. n) end
end
