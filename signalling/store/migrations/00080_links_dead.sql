-- By when they ended: links that have been dead for long are deleted.
CREATE INDEX links_revoked ON links (revoked_ms) WHERE revoked_ms IS NOT NULL;
CREATE INDEX links_expired ON links (expires_ms) WHERE expires_ms IS NOT NULL;
CREATE INDEX links_idle ON links (idle_ms) WHERE idle_ms IS NOT NULL;
