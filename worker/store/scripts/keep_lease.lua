-- keep_lease: renew (ARGV[2] > 0) or give up (ARGV[2] = 0) a lease that is still ours.
--
-- KEYS[1] lease  string
-- ARGV[1] fencing token of the caller
-- ARGV[2] lease time in milliseconds
--
-- Returns 1 when the lease was ours, else 0.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('DEL', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
