-- A line is a key and its successors, of which two at most are good at a time.
-- scopes and origins are lists separated by spaces; '*' is every scope.
ALTER TABLE api_keys ADD COLUMN line_id TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '*';
ALTER TABLE api_keys ADD COLUMN origins TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN expires_ms BIGINT;
ALTER TABLE api_keys ADD COLUMN used_ms BIGINT NOT NULL DEFAULT 0;
UPDATE api_keys SET line_id = id;
CREATE INDEX api_keys_line ON api_keys (line_id);

-- What was answered to a request that may come again. name is a hash of what
-- the client calls it; status is 0 while it is being carried out.
CREATE TABLE answers (
	key_id   TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
	name     TEXT NOT NULL,
	request  TEXT NOT NULL,
	status   BIGINT NOT NULL,
	answer   {{blob}},
	until_ms BIGINT NOT NULL,
	PRIMARY KEY (key_id, name)
);
CREATE INDEX answers_until ON answers (until_ms);
