-- The links of an account that may still live, which are counted for each new one.
CREATE INDEX links_live ON links (owner_id, expires_ms) WHERE revoked_ms IS NULL;
