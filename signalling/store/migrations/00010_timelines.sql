-- key is a hash of the code that the people of a call saw. body names nobody.
CREATE TABLE timelines (
	key        TEXT PRIMARY KEY,
	body       TEXT NOT NULL,
	expires_ms BIGINT NOT NULL
);
CREATE INDEX timelines_expires ON timelines (expires_ms);
