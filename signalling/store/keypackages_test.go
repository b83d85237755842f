package store_test

import (
	"sync"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func packages(refs ...string) []store.KeyPackage {
	var list []store.KeyPackage
	for _, ref := range refs {
		list = append(list, store.KeyPackage{Ref: ref, Package: "package " + ref, Expires: time.Now().Add(time.Hour)})
	}
	return list
}

func TestEachKeyPackageIsGivenOutOnceAndTheLastResortWhenThereIsNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		_, err := s.PutKeyPackages(ctx, "ana", "phone", packages("a"), 20)
		fails(t, err, store.ErrNotFound)
		ok(t, s.UpsertUser(ctx, "ana", "Ana"))
		ok(t, s.TouchDevice(ctx, "ana", "phone", ""))
		ok(t, s.TouchDevice(ctx, "ana", "laptop", ""))
		list := packages("a", "b", "c", "last")
		list[3].LastResort = true
		equal(t, "kept", value(s.PutKeyPackages(ctx, "ana", "phone", list, 20))(t), store.KeptKeyPackages{Left: 3, LastResort: true})
		equal(t, "kept twice", value(s.PutKeyPackages(ctx, "ana", "phone", list, 20))(t), store.KeptKeyPackages{Left: 3, LastResort: true})
		old := packages("old")
		old[0].Expires = time.Now().Add(-time.Second)
		equal(t, "kept with an old one", value(s.PutKeyPackages(ctx, "ana", "phone", old, 20))(t).Left, 3)

		var mu sync.Mutex
		var wait sync.WaitGroup
		given := map[string]int{}
		for range 6 {
			wait.Go(func() {
				kept, err := s.TakeKeyPackage(ctx, "ana", "phone")
				mu.Lock()
				defer mu.Unlock()
				ok(t, err)
				given[kept.Package]++
			})
		}
		wait.Wait()
		for _, ref := range []string{"a", "b", "c"} {
			equal(t, "times that "+ref+" was given out", given["package "+ref], 1)
		}
		equal(t, "times that the last resort was given out", given["package last"], 3)
		_, err = s.TakeKeyPackage(ctx, "ana", "laptop")
		fails(t, err, store.ErrNotFound)

		equal(t, "the newest are kept", value(s.PutKeyPackages(ctx, "ana", "phone", packages("d", "e", "f", "g", "h"), 3))(t).Left, 3)
		ok(t, s.RevokeDevice(ctx, "ana", "phone"))
		_, err = s.TakeKeyPackage(ctx, "ana", "phone")
		fails(t, err, store.ErrNotFound)
	})
}

func TestTheFirstDeviceWithAKeyIsTheRootAndOthersWaitToBeSigned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.UpsertUser(ctx, "ana", "Ana"))
		devices := []string{"d1", "d2", "d3", "d4"}
		for _, d := range devices {
			ok(t, s.TouchDevice(ctx, "ana", d, ""))
		}
		fails(t, errorOf(s.SetDeviceKey(ctx, "ana", "d9", "key", "root")), store.ErrNotFound)
		var wait sync.WaitGroup
		for _, d := range devices { // all at once
			wait.Go(func() { ok(t, errorOf(s.SetDeviceKey(ctx, "ana", d, "key of "+d, "root "+d))) })
		}
		wait.Wait()
		root := ""
		for _, d := range devices {
			k := value(s.DeviceKey(ctx, "ana", d))(t)
			equal(t, "the key", k.Key, "key of "+d)
			if k.Credential != "" {
				if root != "" {
					t.Fatalf("%s and %s are both the root", root, d)
				}
				root = d
			}
		}
		other := "d1"
		if root == "d1" {
			other = "d2"
		}
		fails(t, s.SignDevice(ctx, "ana", other, "another key", "chain", root, "root "+root), store.ErrConflict)
		fails(t, s.SignDevice(ctx, "ana", other, "key of "+other, "chain", root, "what it was not signed with"), store.ErrConflict)
		ok(t, s.SignDevice(ctx, "ana", other, "key of "+other, "chain", root, "root "+root))
		equal(t, "the credential", value(s.DeviceKey(ctx, "ana", other))(t).Credential, "chain")
		value(s.PutKeyPackages(ctx, "ana", other, packages("a"), 20))(t)

		ok(t, errorOf(s.SetDeviceKey(ctx, "ana", other, "key of "+other, "root"))) // the same again
		equal(t, "the credential with the same key", value(s.DeviceKey(ctx, "ana", other))(t).Credential, "chain")
		ok(t, errorOf(s.SetDeviceKey(ctx, "ana", other, "new key", "root")))
		equal(t, "the credential with a new key", value(s.DeviceKey(ctx, "ana", other))(t).Credential, "")
		_, err := s.TakeKeyPackage(ctx, "ana", other)
		fails(t, err, store.ErrNotFound)

		ok(t, s.RevokeDevice(ctx, "ana", root)) // nobody is left who could sign
		ok(t, errorOf(s.SetDeviceKey(ctx, "ana", other, "new key", "root "+other)))
		equal(t, "the new root", value(s.DeviceKey(ctx, "ana", other))(t).Credential, "root "+other)
	})
}
