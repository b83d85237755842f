-- Who may add a user to calls of several, whose calls do not make a sound, and
-- at which hours none does: '' or the policy layer's words.
ALTER TABLE privacy ADD COLUMN who_may_add TEXT NOT NULL DEFAULT 'everyone' CHECK (who_may_add IN ('everyone', 'contacts', 'nobody'));
ALTER TABLE privacy ADD COLUMN silence_unknown BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE privacy ADD COLUMN do_not_disturb TEXT NOT NULL DEFAULT '';

-- What operators have decided about an account. user_id is no foreign key: a
-- suspension outlives the account, which could otherwise be deleted and made
-- anew.
CREATE TABLE standing (
	user_id            TEXT PRIMARY KEY,
	suspended_until_ms BIGINT NOT NULL DEFAULT 0,
	suspended_reason   TEXT NOT NULL DEFAULT '',
	no_calls           BOOLEAN NOT NULL DEFAULT FALSE,
	no_calls_text      TEXT NOT NULL DEFAULT '',
	minor              BOOLEAN NOT NULL DEFAULT FALSE,
	changed_ms         BIGINT NOT NULL
);
CREATE INDEX standing_changed ON standing (changed_ms);

-- Calls to strangers that were not answered (yet). callee_id is no foreign key:
-- whether there is such an account must not show in the count.
CREATE TABLE stranger_calls (
	caller_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	callee_id TEXT NOT NULL,
	call_id   TEXT NOT NULL,
	at_ms     BIGINT NOT NULL,
	PRIMARY KEY (caller_id, call_id, callee_id)
);
CREATE INDEX stranger_calls_recent ON stranger_calls (caller_id, at_ms);
CREATE INDEX stranger_calls_at ON stranger_calls (at_ms);

-- Who has answered whom once is no stranger to him any more.
CREATE TABLE acquaintances (
	caller_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	callee_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	PRIMARY KEY (caller_id, callee_id)
);
CREATE INDEX acquaintances_callee ON acquaintances (callee_id);

-- What became of attempts to reach a user, for his own eyes. id orders and
-- names the attempt.
CREATE TABLE decisions (
	callee_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	id          TEXT NOT NULL,
	caller_id   TEXT NOT NULL,
	caller_name TEXT NOT NULL,
	call_id     TEXT NOT NULL,
	path        TEXT NOT NULL,
	verdict     TEXT NOT NULL,
	reason      TEXT NOT NULL,
	at_ms       BIGINT NOT NULL,
	PRIMARY KEY (callee_id, id)
);
CREATE INDEX decisions_at ON decisions (at_ms);
