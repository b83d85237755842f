-- origins are those whose pages may show the link's page in a frame, separated by
-- blanks; '' leaves it to the server.
ALTER TABLE links ADD COLUMN origins TEXT NOT NULL DEFAULT '';
