-- commit: one item's outcome, all of it or nothing.
--
-- KEYS[1] lane token   string   newest fencing token that was given out
-- KEYS[2] backlog      stream   the lane's items; the entry that this commit answers is removed
-- KEYS[3] stories      stream   the events
-- KEYS[4] claims       hash     claim -> item id
-- KEYS[5] items        hash     item id -> story id
-- KEYS[6] paths        hash     path -> story id
-- KEYS[7] times        zset     story id by the time of its latest item
-- KEYS[8] cooling      zset     story id by the time at which its heat falls next
-- KEYS[9] pages        zset     item id by the time at which its page may be asked for
-- KEYS[10] page hosts   zset     host by the time from which it has no page to expect yet
-- KEYS[11] overrides   hash     'i:' item id, 'g:' group id -> what a person said
-- KEYS[12..]           hash     the stories: revision, body
--
-- ARGV[1] fencing token of the caller
-- ARGV[2] id of the backlog entry, '' when the commit answers none
-- ARGV[3] MessagePack: {stories = {{expected, revision, body, id, path, last_at, cools_at}, ...}   one a KEYS[11..]
--                       claims = {claim, item id, ...}, items = {item id, story id, ...},
--                       events = {{field, value, ...}, ...},
--                       overrides = {field, value, ...}   '' takes the field away,
--                       pages = {{item id, host, earliest, gap}, ...}}
--         expected: revision that the story must have now, 0 for a story that must not exist.
--         last_at, cools_at: seconds since 1970; cools_at 0 takes the story off the cooling list, last_at 0
--         takes a merged story off the times.
--         earliest, gap: seconds. Pages of one host get turns of their own, a gap apart, so that many of one host
--         never stand before the few of another.
--
-- Returns the stream id of the last event, 'quiet' when there was none to send, or 'gone' when the backlog
-- entry was answered before (a command sent twice has one effect).
-- Errors: LEASELOST, CONFLICT, STORYCONFLICT (it concerns the named story only). A script does not roll back, so
-- everything that can fail is tried before the first write.

local expected_types = {'string', 'stream', 'stream', 'hash', 'hash', 'hash', 'zset', 'zset', 'zset', 'zset', 'hash'}
local fixed_keys = #expected_types
local function story_key(i) return KEYS[fixed_keys + i] end
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key)['ok']
  local wanted = expected_types[i] or 'hash'
  if kind ~= 'none' and kind ~= wanted then
    local word = i > fixed_keys and 'STORYCONFLICT ' or 'CONFLICT '
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
local story_keys = #KEYS - fixed_keys
if #change.stories ~= story_keys then
  return redis.error_reply('CONFLICT ' .. #change.stories .. ' stories for ' .. story_keys .. ' keys')
end
local row_types = {'number', 'number', 'string', 'string', 'string', 'number', 'number'}
for i, story in ipairs(change.stories) do
  for column, wanted in ipairs(row_types) do
    local value = story[column]
    if type(value) ~= wanted or value ~= value then -- only NaN differs from itself
      return redis.error_reply('STORYCONFLICT ' .. story_key(i) .. ': column ' .. column .. ' is no ' .. wanted)
    end
  end
  local revision = tonumber(redis.call('HGET', story_key(i), 'revision') or '0')
  if revision ~= story[1] then
    return redis.error_reply('STORYCONFLICT ' .. story_key(i) .. ' has revision ' .. revision .. ', not ' .. story[1])
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
if not are_pairs_of_texts(change.claims) or not are_pairs_of_texts(change.items)
    or not are_pairs_of_texts(change.overrides) then
  return redis.error_reply('CONFLICT claims, items or overrides are no pairs of texts')
end
for _, fields in ipairs(change.events) do
  if #fields == 0 or not are_pairs_of_texts(fields) then
    return redis.error_reply('CONFLICT event whose fields are no pairs of texts')
  end
end
local page_types = {'string', 'string', 'number', 'number'}
for _, page in ipairs(change.pages) do
  for column, wanted in ipairs(page_types) do
    local value = page[column]
    -- only a finite number differs from itself by 0
    if type(value) ~= wanted or (wanted == 'number' and value - value ~= 0) then
      return redis.error_reply('CONFLICT page of an item: column ' .. column .. ' is no ' .. wanted)
    end
  end
end

for i, story in ipairs(change.stories) do
  local id, last_at, cools_at = story[4], story[6], story[7]
  redis.call('HSET', story_key(i), 'revision', story[2], 'body', story[3])
  redis.call('HSET', KEYS[6], story[5], id)
  if last_at == 0 then redis.call('ZREM', KEYS[7], id) else redis.call('ZADD', KEYS[7], last_at, id) end
  if cools_at == 0 then redis.call('ZREM', KEYS[8], id) else redis.call('ZADD', KEYS[8], cools_at, id) end
end
-- unpack() of more than some thousands of values overflows Lua's stack
for i = 1, #change.claims, 2 do
  redis.call('HSET', KEYS[4], change.claims[i], change.claims[i + 1])
end
for i = 1, #change.items, 2 do
  redis.call('HSET', KEYS[5], change.items[i], change.items[i + 1])
end
for i = 1, #change.overrides, 2 do
  local field, value = change.overrides[i], change.overrides[i + 1]
  if value == '' then redis.call('HDEL', KEYS[11], field) else redis.call('HSET', KEYS[11], field, value) end
end
for _, page in ipairs(change.pages) do
  local item_id, host, earliest, gap = page[1], page[2], page[3], page[4]
  local turn = math.max(earliest, tonumber(redis.call('ZSCORE', KEYS[10], host) or '-inf'))
  redis.call('ZADD', KEYS[9], turn, item_id)
  redis.call('ZADD', KEYS[10], turn + gap, host)
end
if ARGV[2] ~= '' then redis.call('XDEL', KEYS[2], ARGV[2]) end
local last = 'quiet'
for _, fields in ipairs(change.events) do
  last = redis.call('XADD', KEYS[3], '*', unpack(fields))
end
return last
