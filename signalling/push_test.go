package signalling_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// aPush is a subscription as a browser gives it.
func aPush(t *testing.T) wire.SetPush {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return wire.SetPush{Endpoint: "https://push.example/1", P256DH: wire.ToBlob(key.PublicKey().Bytes()), Auth: wire.ToBlob(make([]byte, 16))}
}

func TestADeviceSaysWhereItIsReachedAndTakesThatBack(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{PushKey: "a2V5"})
	phone, laptop := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "laptop")
	if got := ask[wire.Push](phone, "getPush", wire.GetPush{}); got.Key != "a2V5" || got.Subscribed {
		t.Errorf("at first it is %+v", got)
	}
	if got := ask[wire.Push](phone, "setPush", aPush(t)); !got.Subscribed {
		t.Errorf("then it is %+v", got)
	}
	if !ask[wire.Push](phone, "getPush", wire.GetPush{}).Subscribed || ask[wire.Push](laptop, "getPush", wire.GetPush{}).Subscribed {
		t.Error("it is not the phone alone that is subscribed")
	}
	if !s.Sockets.Here("ana", "phone") || s.Sockets.Here("ana", "tablet") || s.Sockets.Here("bia", "phone") {
		t.Error("the server does not know who is here")
	}
	if got := ask[wire.Push](phone, "clearPush", wire.ClearPush{}); got.Subscribed {
		t.Errorf("at last it is %+v", got)
	}
	list, err := s.Store.PushSubscriptions(t.Context(), "ana")
	if err != nil || len(list) != 0 {
		t.Errorf("there are %d subscriptions left: %v", len(list), err)
	}
}

func TestPushSubscriptionsThatAreNone(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{PushKey: "a2V5"})
	phone := signIn(t, s, "ana", "phone")
	for name, spoil := range map[string]func(*wire.SetPush){
		"another scheme": func(m *wire.SetPush) { m.Endpoint = "file:///etc/passwd" },
		"a password":     func(m *wire.SetPush) { m.Endpoint = "https://a:b@push.example/" },
		"no host":        func(m *wire.SetPush) { m.Endpoint = "https:push" },
		"no point":       func(m *wire.SetPush) { m.P256DH = wire.ToBlob(make([]byte, 65)) },
		"a short secret": func(m *wire.SetPush) { m.Auth = wire.ToBlob(make([]byte, 15)) },
	} {
		m := aPush(t)
		spoil(&m)
		if p := refused(phone, "setPush", m); p.Code != wire.CodeInvalid {
			t.Errorf("%s: %+v", name, p)
		}
	}
	off := signIn(t, signallingtest.Start(t, signallingtest.Options{}), "ana", "phone")
	if p := refused(off, "setPush", aPush(t)); p.Code != wire.CodeForbidden {
		t.Errorf("a server without pushes: %+v", p)
	}
}
