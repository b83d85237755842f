-- Who wants no ring while he is in a call.
ALTER TABLE privacy ADD COLUMN reject_in_call BOOLEAN NOT NULL DEFAULT FALSE;
