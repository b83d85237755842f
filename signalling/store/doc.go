// Package store keeps what must survive: users, devices, contacts, privacy,
// blocks, phone numbers as keyed hashes, standing, decisions, API keys, calls,
// call logs, links, and the outbox of messages still to be sent.
//
// SQL decides. One query text serves SQLite, for one node, and PostgreSQL, for
// many; only the words for the database's clock and for row locks are put in
// per engine. A change is answered after it is on disk: on SQLite one goroutine
// commits what many ask for at once together, so that one fsync serves all of
// them. A call's row carries an epoch, and who does not have the newest one
// cannot change it.
//
// Times are the database's, as unix milliseconds; ids are opaque text. Nothing
// here knows what a snapshot, a payload or a state means, and no query looks
// inside JSON.
package store
