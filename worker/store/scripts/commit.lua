-- commit: one item's outcome, all of it or nothing.
--
-- KEYS[1] lane token   string   newest fencing token that was given out
-- KEYS[2] backlog      stream   the lane's items; the entry that this commit answers is removed
-- KEYS[3] stories      stream   the events
-- KEYS[4] claims       hash     claim -> item id
-- KEYS[5] items        hash     item id -> story id
-- KEYS[6] paths        hash     path -> story id
-- KEYS[7] times        zset     story id by the time of its latest item
-- KEYS[8] cooling      zset     story id by the time at which it goes cold
-- KEYS[9..]            hash     the stories: revision, body
--
-- ARGV[1] fencing token of the caller
-- ARGV[2] id of the backlog entry, '' when the commit answers none
-- ARGV[3] MessagePack: {stories = {{expected, revision, body, id, path, last_at, cold_at}, ...}   one a KEYS[9..]
--                       claims = {claim, item id, ...}, items = {item id, story id, ...},
--                       events = {{field, value, ...}, ...}}
--         expected: revision that the story must have now, 0 for a story that must not exist.
--         last_at, cold_at: seconds since 1970; cold_at 0 takes the story off the cooling list, last_at 0
--         takes a merged story off the times.
--
-- Returns the stream id of the last event, 'quiet' when there was none to send, or 'gone' when the backlog
-- entry was answered before (a command sent twice has one effect).
-- Errors: LEASELOST, CONFLICT, STORYCONFLICT (it concerns the named story only). A script does not roll back, so
-- everything that can fail is tried before the first write.

local expected_types = {'string', 'stream', 'stream', 'hash', 'hash', 'hash', 'zset', 'zset'}
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  local wanted = expected_types[i] or 'hash'
  if kind ~= 'none' and kind ~= wanted then
    local word = i > 8 and 'STORYCONFLICT ' or 'CONFLICT '
    return redis.error_reply(word .. key .. ' is a ' .. kind .. ', not a ' .. wanted)
  end
end

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('LEASELOST token ' .. ARGV[1] .. ' is not the newest')
end
if ARGV[2] ~= '' and #redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2]) == 0 then
  return 'gone'
end

local change = cmsgpack.unpack(ARGV[3])
if #change.stories ~= #KEYS - 8 then
  return redis.error_reply('CONFLICT ' .. #change.stories .. ' stories for ' .. (#KEYS - 8) .. ' keys')
end
local row_types = {'number', 'number', 'string', 'string', 'string', 'number', 'number'}
for i, story in ipairs(change.stories) do
  for column, wanted in ipairs(row_types) do
    local value = story[column]
    if type(value) ~= wanted or value ~= value then -- only NaN differs from itself
      return redis.error_reply('STORYCONFLICT ' .. KEYS[8 + i] .. ': column ' .. column .. ' is no ' .. wanted)
    end
  end
  local revision = tonumber(redis.call('HGET', KEYS[8 + i], 'revision') or '0')
  if revision ~= story[1] then
    return redis.error_reply('STORYCONFLICT ' .. KEYS[8 + i] .. ' has revision ' .. revision .. ', not ' .. story[1])
  end
  local holder = redis.call('HGET', KEYS[6], story[5])
  if holder and holder ~= story[4] then
    return redis.error_reply('STORYCONFLICT path ' .. story[5] .. ' belongs to ' .. holder)
  end
end
local function are_pairs_of_texts(list)
  for _, value in ipairs(list) do
    if type(value) ~= 'string' then return false end
  end
  return #list % 2 == 0
end
if not are_pairs_of_texts(change.claims) or not are_pairs_of_texts(change.items) then
  return redis.error_reply('CONFLICT claims or items are no pairs of texts')
end
for _, fields in ipairs(change.events) do
  if #fields == 0 or not are_pairs_of_texts(fields) then
    return redis.error_reply('CONFLICT event whose fields are no pairs of texts')
  end
end

for i, story in ipairs(change.stories) do
  local id, last_at, cold_at = story[4], story[6], story[7]
  redis.call('HSET', KEYS[8 + i], 'revision', story[2], 'body', story[3])
  redis.call('HSET', KEYS[6], story[5], id)
  if last_at == 0 then redis.call('ZREM', KEYS[7], id) else redis.call('ZADD', KEYS[7], last_at, id) end
  if cold_at == 0 then redis.call('ZREM', KEYS[8], id) else redis.call('ZADD', KEYS[8], cold_at, id) end
end
-- unpack() of more than some thousands of values overflows Lua's stack
for i = 1, #change.claims, 2 do
  redis.call('HSET', KEYS[4], change.claims[i], change.claims[i + 1])
end
for i = 1, #change.items, 2 do
  redis.call('HSET', KEYS[5], change.items[i], change.items[i + 1])
end
if ARGV[2] ~= '' then redis.call('XDEL', KEYS[2], ARGV[2]) end
local last = 'quiet'
for _, fields in ipairs(change.events) do
  last = redis.call('XADD', KEYS[3], '*', unpack(fields))
end
return last
