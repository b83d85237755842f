-- Key packages (RFC 9420, section 10) that devices have left for later: public,
-- each given out once, but the last resort.

CREATE TABLE key_packages (
	user_id     TEXT NOT NULL,
	device_id   TEXT NOT NULL,
	ref         TEXT NOT NULL,
	package     TEXT NOT NULL,
	last_resort BOOLEAN NOT NULL,
	created_ms  BIGINT NOT NULL,
	expires_ms  BIGINT NOT NULL,
	PRIMARY KEY (user_id, device_id, ref),
	FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id) ON DELETE CASCADE
);
CREATE INDEX key_packages_expires ON key_packages (expires_ms);

ALTER TABLE links ADD COLUMN unencrypted BOOLEAN NOT NULL DEFAULT FALSE;
