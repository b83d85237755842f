// Package web serves the embedded demo page and SDK. The folder dist is built
// from sdk and demo by build.mjs; it is not committed, and a binary built
// without it answers with a page that says how to build it.
//
// Everything is served under the strictest Content Security Policy that a
// calling page can live with: no inline script or style, nothing from another
// origin, no framing. The page of a call link is the same file as the front
// page: the link's id stays in the address and is read by the page, so that
// opening (or previewing) a link has no effect on the server.
package web
