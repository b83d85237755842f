-- Whether an account is a program, as whoever holds an API key has said of it.
ALTER TABLE users ADD COLUMN automated BOOLEAN NOT NULL DEFAULT FALSE;
