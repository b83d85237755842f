-- A queue is a link whose visitors ring operators. hours are when it is open, in
-- the policy layer's words; '' is always.
CREATE TABLE queues (
	link_id TEXT PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
	hours   TEXT NOT NULL
);

-- user_id is no foreign key: whether there is an account must not show in who
-- can be made an operator.
CREATE TABLE queue_operators (
	link_id TEXT NOT NULL REFERENCES queues (link_id) ON DELETE CASCADE,
	user_id TEXT NOT NULL,
	PRIMARY KEY (link_id, user_id)
);
CREATE INDEX queue_operators_user ON queue_operators (user_id);

-- What is kept of a visitor: that he agreed to a version of the privacy notice,
-- and, sealed, how to call him back. id is a hash of the id of his visit.
CREATE TABLE visits (
	id        TEXT PRIMARY KEY,
	link_id   TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
	notice    TEXT NOT NULL,
	agreed_ms BIGINT NOT NULL,
	callback  {{blob}},
	asked_ms  BIGINT,
	until_ms  BIGINT NOT NULL
);
CREATE INDEX visits_asked ON visits (link_id, asked_ms) WHERE asked_ms IS NOT NULL;
CREATE INDEX visits_until ON visits (until_ms);
