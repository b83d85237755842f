-- types is a list separated by spaces; empty is every type. Who delivers to a
-- webhook holds its lease, so that one delivery goes to it at a time.
CREATE TABLE webhooks (
	id              TEXT PRIMARY KEY,
	url             TEXT NOT NULL,
	name            TEXT NOT NULL,
	types           TEXT NOT NULL,
	secret          {{blob}} NOT NULL,
	old_secret      {{blob}},
	old_until_ms    BIGINT NOT NULL DEFAULT 0,
	version         BIGINT NOT NULL,
	created_ms      BIGINT NOT NULL,
	disabled_ms     BIGINT,
	disabled_reason TEXT NOT NULL DEFAULT '',
	lease           TEXT NOT NULL DEFAULT '',
	lease_until_ms  BIGINT NOT NULL DEFAULT 0
);

-- sequence counts the events of a call, from 1, without gaps.
CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	type       TEXT NOT NULL,
	call_id    TEXT NOT NULL,
	sequence   BIGINT NOT NULL,
	data       TEXT NOT NULL,
	created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX events_call ON events (call_id, sequence) WHERE call_id <> '';
CREATE INDEX events_created ON events (created_ms, id);

CREATE TABLE deliveries (
	webhook_id  TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
	event_id    TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
	state       TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
	tries       BIGINT NOT NULL,
	next_try_ms BIGINT NOT NULL,
	status      BIGINT NOT NULL DEFAULT 0,
	problem     TEXT NOT NULL DEFAULT '',
	tried_ms    BIGINT NOT NULL DEFAULT 0,
	queued_ms   BIGINT NOT NULL,
	PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_try_ms) WHERE state = 'pending';
CREATE INDEX deliveries_event ON deliveries (event_id);
CREATE INDEX deliveries_queued ON deliveries (webhook_id, queued_ms, event_id);
