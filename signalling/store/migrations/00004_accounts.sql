-- Accounts by one-time code, devices that live by a refresh secret, presence.
-- Hashes of addresses and codes are keyed; those of secrets need no key,
-- because the secrets are too long to be guessed.

CREATE TABLE account_addresses (
	address_hash TEXT PRIMARY KEY,
	user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	created_ms   BIGINT NOT NULL
);
CREATE INDEX account_addresses_user ON account_addresses (user_id);

CREATE TABLE codes (
	address_hash TEXT PRIMARY KEY,
	code_hash    TEXT NOT NULL,
	expires_ms   BIGINT NOT NULL,
	tries        BIGINT NOT NULL
);
CREATE INDEX codes_expires ON codes (expires_ms);

-- When the last five codes were sent to an address or asked for by a source,
-- the latest first.
CREATE TABLE code_sends (
	key_hash TEXT PRIMARY KEY,
	sent_1   BIGINT NOT NULL,
	sent_2   BIGINT NOT NULL,
	sent_3   BIGINT NOT NULL,
	sent_4   BIGINT NOT NULL,
	sent_5   BIGINT NOT NULL
);
CREATE INDEX code_sends_latest ON code_sends (sent_1);

ALTER TABLE devices ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'pending', 'revoked'));
ALTER TABLE devices ADD COLUMN refresh_hash TEXT;
ALTER TABLE devices ADD COLUMN changed_ms BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX devices_refresh ON devices (refresh_hash);
CREATE INDEX devices_passing ON devices (state, changed_ms) WHERE state <> 'active';

-- The tokens that a device has said hello with and that have not expired, so
-- that they can be refused when it is revoked.
CREATE TABLE device_tokens (
	user_id    TEXT NOT NULL,
	device_id  TEXT NOT NULL,
	token_hash TEXT NOT NULL,
	expires_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, token_hash, device_id),
	FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id) ON DELETE CASCADE
);
CREATE INDEX device_tokens_device ON device_tokens (user_id, device_id, expires_ms);

CREATE TABLE device_links (
	user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	code_hash  TEXT NOT NULL UNIQUE,
	expires_ms BIGINT NOT NULL
);
CREATE INDEX device_links_expires ON device_links (expires_ms);

CREATE TABLE presence_settings (
	user_id  TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	audience TEXT NOT NULL CHECK (audience IN ('everyone', 'contacts', 'contactsExcept', 'nobody')),
	version  BIGINT NOT NULL
);

-- except_id is no foreign key: an account made anew with the same id must not
-- get past it.
CREATE TABLE presence_exceptions (
	user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	except_id TEXT NOT NULL,
	PRIMARY KEY (user_id, except_id)
);

CREATE TABLE last_seen (
	user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	seen_ms BIGINT NOT NULL
);
