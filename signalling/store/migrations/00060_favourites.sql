-- A favourite is a contact that its owner wants at hand.
ALTER TABLE contacts ADD COLUMN favourite BOOLEAN NOT NULL DEFAULT FALSE;
