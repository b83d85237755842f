-- contact_id is no foreign key any more: whether there is an account must not
-- show in who can be added to one's contacts.
CREATE TABLE contacts_anew (
	owner_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	contact_id TEXT NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (owner_id, contact_id)
);
INSERT INTO contacts_anew (owner_id, contact_id, created_ms) SELECT owner_id, contact_id, created_ms FROM contacts;
DROP TABLE contacts;
ALTER TABLE contacts_anew RENAME TO contacts;
CREATE INDEX contacts_contact ON contacts (contact_id);

-- Since when the account's owner has switched it off; 0 if he has not.
ALTER TABLE standing ADD COLUMN disabled_ms BIGINT NOT NULL DEFAULT 0;

-- A deleted account never comes back under its id. mark is a keyed hash of the
-- id; user_id is there only until the last row that names it is gone.
CREATE TABLE deletions (
	mark       {{blob}} PRIMARY KEY,
	user_id    TEXT UNIQUE,
	deleted_ms BIGINT NOT NULL
);
CREATE INDEX deletions_deleted ON deletions (deleted_ms);

-- Addresses of accounts that were deleted while they were suspended: they make
-- no other account before the suspension would have ended.
CREATE TABLE barred_addresses (
	address_hash TEXT PRIMARY KEY,
	until_ms     BIGINT NOT NULL
);
CREATE INDEX barred_addresses_until ON barred_addresses (until_ms);

-- Work that one node does at a time. Whoever takes it raises the epoch; who
-- holds a lower one is fenced.
CREATE TABLE duties (
	name     TEXT PRIMARY KEY,
	epoch    BIGINT NOT NULL,
	holder   TEXT NOT NULL,
	until_ms BIGINT NOT NULL,
	done_ms  BIGINT NOT NULL
);
