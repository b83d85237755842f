-- {{blob}} is BLOB or BYTEA. Times are unix milliseconds by the database's clock.

CREATE TABLE users (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	created_ms BIGINT NOT NULL
);

CREATE TABLE devices (
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	id         TEXT NOT NULL,
	name       TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	seen_ms    BIGINT NOT NULL,
	PRIMARY KEY (user_id, id)
);

CREATE TABLE contacts (
	owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	contact_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (owner_id, contact_id)
);
CREATE INDEX contacts_contact ON contacts (contact_id);

CREATE TABLE privacy (
	user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	who_may_call TEXT NOT NULL DEFAULT 'everyone' CHECK (who_may_call IN ('everyone', 'contacts', 'nobody')),
	hide_address BOOLEAN NOT NULL DEFAULT FALSE,
	version      BIGINT NOT NULL DEFAULT 1
);

-- blocked_id is no foreign key: a block outlives the blocked account, which
-- could otherwise be deleted and made anew, and may precede it.
CREATE TABLE blocks (
	owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	blocked_id TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (owner_id, blocked_id)
);

CREATE TABLE api_keys (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	secret     {{blob}} NOT NULL,
	created_ms BIGINT NOT NULL,
	revoked_ms BIGINT
);

CREATE TABLE calls (
	id            TEXT PRIMARY KEY,
	kind          TEXT NOT NULL CHECK (kind IN ('voice', 'video')),
	topology      TEXT NOT NULL CHECK (topology IN ('pair', 'group')),
	state         TEXT NOT NULL,
	link_id       TEXT,
	epoch         BIGINT NOT NULL,
	seq           BIGINT NOT NULL,
	snapshot      TEXT NOT NULL,
	owner_node    TEXT NOT NULL,
	created_ms    BIGINT NOT NULL,
	ring_until_ms BIGINT,
	ended_ms      BIGINT,
	end_reason    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX calls_live ON calls (owner_node) WHERE ended_ms IS NULL;
CREATE INDEX calls_ended ON calls (ended_ms) WHERE ended_ms IS NOT NULL;

-- One call at most joins the same two people.
CREATE TABLE active_pairs (
	pair    TEXT PRIMARY KEY,
	call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE
);
CREATE INDEX active_pairs_call ON active_pairs (call_id);

-- call_id is no foreign key: a user's log outlives the call's row.
CREATE TABLE call_log (
	user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	call_id     TEXT NOT NULL,
	direction   TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
	peer_name   TEXT NOT NULL,
	peer_ids    TEXT NOT NULL,
	kind        TEXT NOT NULL CHECK (kind IN ('voice', 'video')),
	outcome     TEXT NOT NULL,
	started_ms  BIGINT NOT NULL,
	ended_ms    BIGINT,
	duration_ms BIGINT NOT NULL,
	PRIMARY KEY (call_id, user_id)
);
CREATE INDEX call_log_page ON call_log (user_id, started_ms, call_id);

CREATE TABLE outbox (
	id          TEXT PRIMARY KEY,
	topic       TEXT NOT NULL,
	key         TEXT NOT NULL,
	user_id     TEXT REFERENCES users (id) ON DELETE CASCADE,
	payload     {{blob}} NOT NULL,
	created_ms  BIGINT NOT NULL,
	next_try_ms BIGINT NOT NULL,
	expires_ms  BIGINT NOT NULL,
	tries       BIGINT NOT NULL
);
CREATE UNIQUE INDEX outbox_collapse ON outbox (topic, key, COALESCE(user_id, '')) WHERE key <> '';
CREATE INDEX outbox_due ON outbox (topic, next_try_ms);
CREATE INDEX outbox_key ON outbox (key);
CREATE INDEX outbox_expires ON outbox (expires_ms);
CREATE INDEX outbox_user ON outbox (user_id);

CREATE TABLE links (
	id         TEXT PRIMARY KEY,
	owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL CHECK (kind IN ('voice', 'video')),
	title      TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	expires_ms BIGINT,
	revoked_ms BIGINT,
	max_uses   BIGINT CHECK (max_uses > 0),
	uses       BIGINT NOT NULL DEFAULT 0,
	call_id    TEXT,
	bound_ms   BIGINT
);
CREATE INDEX links_owner ON links (owner_id, created_ms);
