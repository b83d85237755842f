-- Notes that callers leave whom nobody answered. What is in them only the called
-- account's devices can open, by keys that those have published.
ALTER TABLE privacy ADD COLUMN take_notes BOOLEAN NOT NULL DEFAULT FALSE;

-- The key by which notes are sealed for a device, its signature, and the credential
-- whose key has made that.
ALTER TABLE devices ADD COLUMN note_key TEXT;
ALTER TABLE devices ADD COLUMN note_signature TEXT;
ALTER TABLE devices ADD COLUMN note_credential TEXT;

-- A note that is not delivered is one from somebody who must not reach the account:
-- it only counts for him, and its body is emptied in a quarter of an hour. The body is last, so that
-- nobody reads over it to what is behind.
CREATE TABLE notes (
	call_id    TEXT PRIMARY KEY,
	from_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	to_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	delivered  BOOLEAN NOT NULL,
	left_ms    BIGINT NOT NULL,
	expires_ms BIGINT NOT NULL,
	body       {{blob}} NOT NULL
);
CREATE INDEX notes_to ON notes (to_id, from_id, delivered, expires_ms);
CREATE INDEX notes_from ON notes (from_id);
CREATE INDEX notes_expires ON notes (expires_ms);
CREATE INDEX notes_kept_back ON notes (left_ms) WHERE NOT delivered;
