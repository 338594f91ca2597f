-- keep_delivery: put what a hub has sent behind the others, if there is room.
--
-- KEYS[1] deliveries  stream  what hubs have sent and nobody has read yet
-- KEYS[2] waiting     hash    feed id: its deliveries that wait; 'bytes': of all of them
-- ARGV[1] feed id
-- ARGV[2] most deliveries that wait, of all feeds
-- ARGV[3] most of this feed
-- ARGV[4] most bytes of all
-- ARGV[5] size in bytes
-- ARGV[6..] fields and values of the entry
--
-- Returns 1, or 0 when there is no room.

local expected_types = {'stream', 'hash'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= expected_types[i] then
    return redis.error_reply('CONFLICT ' .. key .. ' is a ' .. kind .. ', not a ' .. expected_types[i])
  end
end

if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
if tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0') >= tonumber(ARGV[3]) then return 0 end
if tonumber(redis.call('HGET', KEYS[2], 'bytes') or '0') + tonumber(ARGV[5]) > tonumber(ARGV[4]) then return 0 end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 6))
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
redis.call('HINCRBY', KEYS[2], 'bytes', ARGV[5])
return 1
