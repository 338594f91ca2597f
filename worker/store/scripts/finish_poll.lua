-- finish_poll: the items of a poll, its dead letters and what is known of its feed, stored together.
--
-- KEYS[1] feed     string  the feed's record
-- KEYS[2] feeds    set     feed ids
-- KEYS[3] due      zset    feed id by the time at which it is due
-- KEYS[4] backlog  stream  the lane's items
-- KEYS[5] dead     stream  dead letters
-- KEYS[6] log      list    the feed's last requests, the newest first
-- KEYS[7] unfinished  hash  feed id to the number of polls since the last one that came to an end
-- ARGV[1] feed id
-- ARGV[2] record
-- ARGV[3] when it is due, seconds since 1970; '' when it is stopped
-- ARGV[4] MessagePack of the dead letters: {{field, value, ...}, ...}; '' for none
-- ARGV[5] record of the request, '' for none
-- ARGV[6] how many of these are kept
-- ARGV[7] revision of the settings in the record
-- ARGV[8..] items
--
-- Returns the number of items stored, -1 when the feed was removed meanwhile, or -2 when a person has changed its
-- settings meanwhile: nothing is stored then.

-- A script does not roll back, so everything that can fail is tried before the first write.

local expected_types = {'string', 'set', 'zset', 'stream', 'stream', 'list', 'hash'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  if kind ~= 'none' and kind ~= expected_types[i] then
    return redis.error_reply('CONFLICT ' .. key .. ' is a ' .. kind .. ', not a ' .. expected_types[i])
  end
end
if ARGV[3] ~= '' and not tonumber(ARGV[3]) then
  return redis.error_reply('CONFLICT due time ' .. ARGV[3] .. ' is no number')
end
local letters = ARGV[4] == '' and {} or cmsgpack.unpack(ARGV[4])
for _, fields in ipairs(letters) do
  for _, value in ipairs(fields) do
    if type(value) ~= 'string' then return redis.error_reply('CONFLICT field of a dead letter that is no text') end
  end
  if #fields == 0 or #fields % 2 ~= 0 then
    return redis.error_reply('CONFLICT dead letter whose fields are no pairs')
  end
end

if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then return -1 end
-- In a text of the record's JSON a quotation mark would stand behind a backslash.
local revision = string.match(redis.call('GET', KEYS[1]) or '', '"settings_revision":(%d+)') or '0'
if tonumber(revision) > tonumber(ARGV[7]) then return -2 end
for i = 8, #ARGV do redis.call('XADD', KEYS[4], '*', 'item', ARGV[i]) end
for _, fields in ipairs(letters) do redis.call('XADD', KEYS[5], '*', unpack(fields)) end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[7], ARGV[1])
if ARGV[5] ~= '' then
  redis.call('LPUSH', KEYS[6], ARGV[5])
  redis.call('LTRIM', KEYS[6], 0, ARGV[6] - 1)
end
if ARGV[3] == '' then redis.call('ZREM', KEYS[3], ARGV[1]) else redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1]) end
return #ARGV - 7
