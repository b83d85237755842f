-- call_id is the group's call, or its last one. mark_key is sealed.
CREATE TABLE call_groups (
	id           TEXT PRIMARY KEY,
	name         TEXT NOT NULL,
	isolate      BOOLEAN NOT NULL DEFAULT FALSE,
	mark_key     {{blob}} NOT NULL,
	version      BIGINT NOT NULL,
	created_ms   BIGINT NOT NULL,
	suspended_ms BIGINT,
	call_id      TEXT,
	bound_ms     BIGINT
);

-- user_id is no foreign key: whether there is an account must not show in who
-- can be invited. until_ms is when an invitation, or the memory of a former
-- member, ends.
CREATE TABLE group_members (
	group_id   TEXT NOT NULL REFERENCES call_groups (id) ON DELETE CASCADE,
	user_id    TEXT NOT NULL,
	state      TEXT NOT NULL CHECK (state IN ('invited', 'active', 'former')),
	role       TEXT NOT NULL CHECK (role IN ('admin', 'member')),
	invited_by TEXT NOT NULL,
	silent     BOOLEAN NOT NULL,
	since_ms   BIGINT NOT NULL,
	until_ms   BIGINT,
	PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id, state);
CREATE INDEX group_members_until ON group_members (until_ms) WHERE until_ms IS NOT NULL;

-- Who left by choice and who is banned, for as long as the group exists. mark
-- is HMAC-SHA256 of the account under the group's key: the table alone names
-- nobody, and lists of the same people in two groups do not match.
CREATE TABLE group_marks (
	group_id TEXT NOT NULL REFERENCES call_groups (id) ON DELETE CASCADE,
	mark     {{blob}} NOT NULL,
	has_left BOOLEAN NOT NULL,
	banned   BOOLEAN NOT NULL,
	PRIMARY KEY (group_id, mark)
);
