-- Who did what with an API key, or by the command line, and to what. status is that of
-- HTTP, and 0 while it is not known: of what changes something a row is written before
-- it is done. Targets are ids as in the address that was asked for; an account's goes
-- with the account.
CREATE TABLE audit (
	id          TEXT PRIMARY KEY,
	at_ms       BIGINT NOT NULL,
	key_id      TEXT NOT NULL,
	line_id     TEXT NOT NULL,
	operation   TEXT NOT NULL,
	target_kind TEXT NOT NULL,
	target_id   TEXT NOT NULL,
	other_kind  TEXT NOT NULL,
	other_id    TEXT NOT NULL,
	request_id  TEXT NOT NULL,
	status      BIGINT NOT NULL,
	code        TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at_ms, id);
CREATE INDEX audit_line ON audit (line_id, at_ms, id);
CREATE INDEX audit_target ON audit (target_id) WHERE target_id <> '';
CREATE INDEX audit_other ON audit (other_id) WHERE other_id <> '';
