// Package forward makes one continuous RTP stream out of packets of many: it
// reads and rewrites what a decoder checks for continuity (RTP sequence number
// and timestamp; picture id and TL0PICIDX of the VP8 payload descriptor, RFC 7741)
// and holds a switch back until a packet on which a decoder can start. It does no I/O;
// the time is an argument.
package forward
