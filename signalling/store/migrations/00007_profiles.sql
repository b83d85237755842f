-- audience is who sees name, about and avatar; '' is the default, which is
-- stricter for minors. avatar_id is random, and another one for each image.
CREATE TABLE profiles (
	user_id     TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	about       TEXT NOT NULL DEFAULT '',
	audience    TEXT NOT NULL DEFAULT '' CHECK (audience IN ('', 'everyone', 'contacts', 'nobody')),
	avatar_id   TEXT UNIQUE,
	avatar_type TEXT,
	avatar      {{blob}}
);

-- version counts the changes of all that a user prefers: terms, audience,
-- privacy, presence and blocks.
CREATE TABLE preferences (
	user_id  TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	version  BIGINT NOT NULL,
	terms    TEXT NOT NULL DEFAULT '',
	terms_ms BIGINT NOT NULL DEFAULT 0
);
