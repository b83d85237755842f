-- How far a notice of the service, such as new terms, has come with an account:
-- once for each version.
CREATE TABLE receipts (
	user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	version      TEXT NOT NULL,
	delivered_ms BIGINT,
	accepted_ms  BIGINT,
	PRIMARY KEY (user_id, version)
);
