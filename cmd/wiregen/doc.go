// Command wiregen writes what is derived from package signalling/wire, so that
// the protocol is defined once: the TypeScript types of the client, the JSON
// Schema of all frames, and the protocol page. It is run from anywhere in the
// repository; with -check it writes nothing and names what is old.
//
// It refuses a definition that would surprise one of the readers: a field
// without a comment, a number that JavaScript cannot hold, a value that could
// be null, and anything unbounded that a client may send.
package main
