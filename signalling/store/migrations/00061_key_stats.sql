-- What was counted in the calls of an integrator, by hour: numbers, and nobody's.
CREATE TABLE key_stats (
	key_id  TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
	hour_ms BIGINT NOT NULL,
	tally   TEXT NOT NULL,
	by_what TEXT NOT NULL,
	n       BIGINT NOT NULL,
	PRIMARY KEY (key_id, hour_ms, tally, by_what)
);
CREATE INDEX key_stats_hour ON key_stats (hour_ms);

-- The API key that made a link; '' for none.
ALTER TABLE links ADD COLUMN key_id TEXT NOT NULL DEFAULT '';
