-- Until when an API key and its successors are good at most; NULL for no end. expires_ms
-- is never later: it comes sooner where a key has a successor.
ALTER TABLE api_keys ADD COLUMN ends_ms BIGINT;
