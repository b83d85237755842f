-- Where a device is reached when its page is closed: sealed, because who has
-- the address and the secrets beside it can write to the device.
CREATE TABLE push_subscriptions (
	user_id    TEXT NOT NULL,
	device_id  TEXT NOT NULL,
	sealed     {{blob}} NOT NULL,
	created_ms BIGINT NOT NULL,
	PRIMARY KEY (user_id, device_id),
	FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id) ON DELETE CASCADE
);

-- Devices that were told of a ring, and must be told when it is over. The ring
-- is the message in the outbox, which is dropped when it is.
CREATE TABLE push_rings (
	outbox_id  TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	payload    {{blob}} NOT NULL,
	created_ms BIGINT NOT NULL
);
