package main

import (
	"testing"

	"pronto/signalling/framing/framingtest"
	"pronto/signalling/wire"
)

// The server is killed right after it has said that it has taken a commit.
func TestACommitThatWasAcknowledgedOutlivesAKill(t *testing.T) {
	dir, listen := t.TempDir(), freePort(t)
	required := "PRONTO_ENCRYPTION=required"
	p := startProcess(t, dir, listen, required)
	ana := person(t, p.page, "ana")
	d := framingtest.NewDevice("ana", "test")
	call := must[wire.CallState](t, ana, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	id := framingtest.GroupID(string(call), 1)
	info := func(epoch uint32) wire.Blob { return wire.ToBlob(framingtest.GroupInfo(id, uint64(epoch))) }
	must[wire.KeysAccepted](t, ana, wire.FoundKeys{Call: call, Group: 1, GroupInfo: info(0)})
	for epoch := range uint32(3) {
		next := info(epoch + 1)
		must[wire.KeysAccepted](t, ana, wire.CommitKeys{
			Call: call, Group: 1, Epoch: epoch, GroupInfo: next, Commit: wire.ToBlob(d.Commit(id, uint64(epoch), 0, nil)),
		})
		p.kill()
		p = startProcess(t, dir, listen, required)
		keys := must[wire.Keys](t, ana, wire.EnterKeys{Call: call, KeyPackage: wire.ToBlob(d.KeyPackage())})
		if keys.Group != 1 || keys.Epoch != epoch+1 || keys.GroupInfo != next || len(keys.Holders) != 1 {
			t.Errorf("after the kill the keys are %+v, want epoch %d", keys, epoch+1)
		}
	}
}
