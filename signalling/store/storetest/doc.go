// Package storetest opens empty stores for tests, of this project's other
// packages too: on SQLite, and on a PostgreSQL server that it starts itself.
// Only tests import it.
package storetest
