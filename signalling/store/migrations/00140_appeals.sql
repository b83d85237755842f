-- Since when an account is suspended, which says which suspension it is; by which API key
-- or the server's own commands; by which case, and what that was mostly reported for. They
-- stay after the end until the next one.
ALTER TABLE standing ADD COLUMN suspended_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE standing ADD COLUMN suspended_key TEXT NOT NULL DEFAULT '';
ALTER TABLE standing ADD COLUMN suspended_case TEXT NOT NULL DEFAULT '';
ALTER TABLE standing ADD COLUMN suspended_why TEXT NOT NULL DEFAULT '';
UPDATE standing SET suspended_ms = changed_ms WHERE suspended_until_ms > 0;

-- What somebody says against a suspension, once. The words go with the case; the rest
-- stays as long as the suspension does, so that there is no second one.
CREATE TABLE appeals (
	user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	suspended_ms BIGINT NOT NULL,
	case_id      TEXT REFERENCES report_cases (id) ON DELETE SET NULL,
	text         TEXT NOT NULL,
	filed_ms     BIGINT NOT NULL,
	outcome      TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'upheld', 'lifted', 'closed')),
	note         TEXT NOT NULL DEFAULT '',
	key_id       TEXT NOT NULL DEFAULT '',
	decided_ms   BIGINT,
	PRIMARY KEY (user_id, suspended_ms)
);
CREATE UNIQUE INDEX appeals_case ON appeals (case_id);
