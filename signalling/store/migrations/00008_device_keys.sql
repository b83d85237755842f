-- Identity keys of devices: public keys only. The credential says which key is
-- the account's root and who has signed this one; it is null until somebody has.

ALTER TABLE devices ADD COLUMN identity_key TEXT;
ALTER TABLE devices ADD COLUMN credential TEXT;
