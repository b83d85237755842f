// Package link is what a call link is outside of the store: its address, its QR
// code, its entry in a calendar, and what is kept of those who were put out. It
// makes no decision; that is policy's business.
package link
