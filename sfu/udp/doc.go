// Package udp moves datagrams in batches: many are read with one system call
// and many are sent with one, equal ones of one destination as one long datagram
// that the kernel cuts (UDP segmentation offload), where the system has these
// calls. It also keeps the SRTP sessions (RFC 3711, 7714) of those datagrams. It knows
// no names and no session descriptions.
package udp
