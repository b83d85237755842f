package signalling_test

import (
	"net/http"
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// An owner's open pages show his links as they are, whoever changes them: an
// integrator by the API, or who comes by one. Nobody else hears of it.
func TestTheOwnersPagesSeeWhatBecomesOfHisLinks(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	key := integrator(t, s)
	ana, bia := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b")
	l := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice})
	path := "/v1/links/" + string(l.Link)
	told := func(what string, from int, is func(wire.Link) bool) {
		t.Helper()
		ana.wait(what, from, func(f wire.Frame) bool {
			return f.Type == "link" && f.ID == "" && is(decode[wire.Link](t, f))
		})
	}
	rest := func(method, path, sent string) {
		t.Helper()
		if status := restful(t, s, method, path, key, sent); status != http.StatusOK {
			t.Errorf("%s %s: %d", method, path, status)
		}
	}

	from := ana.count()
	rest("PATCH", path, `{"title":"Tea"}`)
	told("it has another title", from, func(l wire.Link) bool { return l.Terms.Title == "Tea" })
	from = ana.count()
	rest("POST", path+"/host", "")
	told("it has a host link, whose address is not told", from, func(l wire.Link) bool { return l.HasHostLink && l.HostLink == "" })

	from = ana.count()
	call := ask[wire.CallState](bia, "joinLink", wire.JoinLink{Link: l.Link}).Call
	told("it was used", from, func(l wire.Link) bool { return l.Uses == 1 && l.UsedMs > 0 })
	ask[wire.Done](bia, "leave", wire.Leave{Call: call})

	from = ana.count()
	rest("POST", path+"/revoke", `{}`)
	told("it is revoked", from, func(l wire.Link) bool { return l.RevokedMs > 0 })
	for _, h := range bia.heardAfter(0) {
		if h.frame.Type == "link" {
			t.Error("who came by the link is told of it as its owner is")
		}
	}
}
