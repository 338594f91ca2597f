-- drop_delivery: take a delivery that was read out of those that wait.
--
-- KEYS[1] deliveries  stream  what hubs have sent and nobody has read yet
-- KEYS[2] waiting     hash    feed id: its deliveries that wait; 'bytes': of all of them; 'tries:' and the id of an
--                             entry: how often its reading was begun
-- ARGV[1] id of the entry
-- ARGV[2] feed id
-- ARGV[3] size in bytes
--
-- Returns 1, or 0 when another has taken it out before.

if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], 'tries:' .. ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then
  -- Nothing waits: whatever was counted wrong is right again.
  redis.call('DEL', KEYS[2])
  return 1
end
if redis.call('HINCRBY', KEYS[2], ARGV[2], -1) <= 0 then redis.call('HDEL', KEYS[2], ARGV[2]) end
redis.call('HINCRBY', KEYS[2], 'bytes', -ARGV[3])
return 1
