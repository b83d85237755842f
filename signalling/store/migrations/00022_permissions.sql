-- call_hours are the hours at which an account takes calls; empty is always.
-- by_permission admits only callers whom it has permitted; asks_first lets it
-- call only who has permitted it, one at a time. ring_quota is how many calls it
-- may make in seven days; 0 is any number.
ALTER TABLE standing ADD COLUMN call_hours TEXT NOT NULL DEFAULT '';
ALTER TABLE standing ADD COLUMN by_permission BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE standing ADD COLUMN asks_first BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE standing ADD COLUMN ring_quota BIGINT NOT NULL DEFAULT 0;

-- until_ms 0 is for good. unanswered counts calls since one was answered.
CREATE TABLE call_permissions (
	callee_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	caller_id  TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	until_ms   BIGINT NOT NULL,
	unanswered BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (callee_id, caller_id)
);
CREATE INDEX call_permissions_caller ON call_permissions (caller_id);

-- Calls beyond the quota: who allowed them (an API key), how many, why.
CREATE TABLE quota_overrides (
	id         TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	key_id     TEXT NOT NULL,
	calls      BIGINT NOT NULL,
	reason     TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	until_ms   BIGINT NOT NULL
);
CREATE INDEX quota_overrides_user ON quota_overrides (user_id, until_ms);
