-- A hash is a keyed one; the key is not in the database, and neither is any
-- number. ending is a number's last two digits, for its owner's eyes.

CREATE TABLE numbers (
	user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	hash         TEXT NOT NULL UNIQUE,
	ending       TEXT NOT NULL,
	discoverable BOOLEAN NOT NULL DEFAULT TRUE,
	verified_ms  BIGINT NOT NULL
);

-- sketch outlives active: who turns discovery off and on has the same budget.
-- round counts full syncs that began, completed is the last that ended.
CREATE TABLE discovery (
	user_id   TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	active    BOOLEAN NOT NULL DEFAULT FALSE,
	sketch    TEXT NOT NULL DEFAULT '',
	round     BIGINT NOT NULL DEFAULT 0,
	completed BIGINT NOT NULL DEFAULT 0,
	synced_ms BIGINT NOT NULL
);
CREATE INDEX discovery_synced ON discovery (synced_ms) WHERE active;

-- made says that contact_id is in the owner's contacts because of this row.
-- When the contact's account goes, so does the row: nothing of it stays behind.
CREATE TABLE uploaded (
	owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash       TEXT NOT NULL,
	round      BIGINT NOT NULL,
	contact_id TEXT REFERENCES users (id) ON DELETE CASCADE,
	made       BOOLEAN NOT NULL DEFAULT FALSE,
	PRIMARY KEY (owner_id, hash)
);
CREATE INDEX uploaded_hash ON uploaded (hash);
CREATE INDEX uploaded_contact ON uploaded (contact_id) WHERE contact_id IS NOT NULL;

CREATE TABLE number_blocks (
	owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash       TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (owner_id, hash)
);
