-- take_lease: become the lane's holder, if nobody is.
--
-- KEYS[1] lease  string  token of the holder, ends by itself
-- KEYS[2] token  string  newest fencing token
-- ARGV[1] lease time in milliseconds
--
-- Returns the new fencing token, or false when somebody holds the lease.

if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
return token
