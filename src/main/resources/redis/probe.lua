-- Whether this Redis takes writes: a replica, one without memory or one that can't write its file does not.
-- KEYS 1 a key of no use.

redis.call('SET', KEYS[1], '1', 'PX', 1)
return 1
