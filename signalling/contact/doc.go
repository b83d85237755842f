// Package contact is what an address book may do and no more: it turns phone
// numbers into one form (ITU-T E.164), that form into a keyed hash which is all
// that is ever stored, and it decides how many numbers an account may ask
// about. It is pure: no clock, no store, no network.
//
// There are few enough phone numbers to try them all. So the hash is keyed,
// with a secret that is not in the database, and asking is on a budget: who
// could ask without end would learn which numbers of a country have an account
// and whose they are.
package contact
