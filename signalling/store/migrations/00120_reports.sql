-- A case is all that was reported of one person, one link or one call until somebody has
-- decided about it. subject says which, so that one case is open of each. user_id is the
-- account, if it is one; mark is by what a guest is known again, and names nobody.
CREATE TABLE report_cases (
	id         TEXT PRIMARY KEY,
	subject    TEXT NOT NULL,
	kind       TEXT NOT NULL CHECK (kind IN ('user', 'guest', 'link', 'call')),
	user_id    TEXT REFERENCES users (id) ON DELETE CASCADE,
	link_id    TEXT NOT NULL,
	call_id    TEXT NOT NULL,
	name       TEXT NOT NULL,
	mark       TEXT NOT NULL,
	version    BIGINT NOT NULL,
	last_ms    BIGINT NOT NULL,
	action     TEXT NOT NULL DEFAULT '' CHECK (action IN ('', 'dismiss', 'suspend', 'close')),
	note       TEXT NOT NULL DEFAULT '',
	key_id     TEXT NOT NULL DEFAULT '',
	decided_ms BIGINT
);
CREATE UNIQUE INDEX report_cases_open ON report_cases (subject) WHERE decided_ms IS NULL;
CREATE INDEX report_cases_user ON report_cases (user_id);
CREATE INDEX report_cases_decided ON report_cases (decided_ms);

-- reporter is an account, a guest's mark, or the report's own id once the account is
-- deleted.
CREATE TABLE reports (
	id       TEXT PRIMARY KEY,
	case_id  TEXT NOT NULL REFERENCES report_cases (id) ON DELETE CASCADE,
	reporter TEXT NOT NULL,
	call_id  TEXT NOT NULL,
	reason   TEXT NOT NULL,
	text     TEXT NOT NULL,
	times    BIGINT NOT NULL,
	first_ms BIGINT NOT NULL,
	last_ms  BIGINT NOT NULL
);
CREATE INDEX reports_case ON reports (case_id, reporter);
CREATE INDEX reports_reporter ON reports (reporter, first_ms);
