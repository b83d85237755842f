-- host_hash is that of the id of the link's host link. sealed is what the link's
-- people see of it, in a form that this server cannot read. idle_ms ends a link
-- that nobody was let in by for so long. sequence counts its changes.
ALTER TABLE links ADD COLUMN host_hash TEXT;
ALTER TABLE links ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN lobby TEXT NOT NULL DEFAULT 'off' CHECK (lobby IN ('off', 'guests', 'everyone'));
ALTER TABLE links ADD COLUMN opens_ms BIGINT;
ALTER TABLE links ADD COLUMN idle_ms BIGINT CHECK (idle_ms > 0);
ALTER TABLE links ADD COLUMN used_ms BIGINT;
ALTER TABLE links ADD COLUMN max_people BIGINT CHECK (max_people > 0);
ALTER TABLE links ADD COLUMN join_muted BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE links ADD COLUMN ring_host BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE links ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX links_host ON links (host_hash);

-- Who was put out of a link's calls, or not let in. subject is a keyed hash of an
-- account, a browser or a network; it says nothing without the server's key.
CREATE TABLE link_marks (
	link_id   TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
	subject   TEXT NOT NULL,
	denials   BIGINT NOT NULL,
	banned_ms BIGINT NOT NULL, -- until when; 0 is not banned
	marked_ms BIGINT NOT NULL,
	PRIMARY KEY (link_id, subject)
);
CREATE INDEX link_marks_marked ON link_marks (marked_ms);

-- Times that a visitor may book for a talk of two.
CREATE TABLE link_slots (
	link_id   TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
	from_ms   BIGINT NOT NULL,
	to_ms     BIGINT NOT NULL,
	booked_by TEXT REFERENCES links (id) ON DELETE SET NULL, -- the link that was made for it
	PRIMARY KEY (link_id, from_ms)
);
CREATE INDEX link_slots_booked ON link_slots (booked_by);
