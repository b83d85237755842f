package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// verification is an address that proves itself with a code.
func verification(address, code string) store.Verification {
	return store.Verification{
		AddressHash: address, CodeHash: code, User: "usr-" + address, Device: "dev-" + address + code, DeviceName: "Phone",
		RefreshHash: "refresh-" + address + code,
	}
}

func TestACodeMakesAnAccountOnceAndFindsItAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.IssueCode(ctx, "a1", "s1", "c1"))
		v := verification("a1", "c1")
		v.Name = "Ana"
		equal(t, "the account", value(s.Verify(ctx, v))(t).Name, "Ana")
		v.Device, v.RefreshHash = "another", "another"
		_, err := s.Verify(ctx, v)
		fails(t, err, store.ErrNotFound) // it was spent

		ok(t, s.IssueCode(ctx, "a1", "s1", "c2"))
		again := verification("a1", "c2")
		again.User = "usr-other"
		u := value(s.Verify(ctx, again))(t)
		equal(t, "the id", u.ID, "usr-a1")
		equal(t, "the name", u.Name, "Ana")
		equal(t, "the number of devices", len(value(s.Devices(ctx, "usr-a1"))(t)), 2)

		ok(t, s.IssueCode(ctx, "a2", "s1", "c1"))
		equal(t, "the name of who gave none", value(s.Verify(ctx, verification("a2", "c1")))(t).Name, "usr-a2")
	})
}

func TestACodeIsRefusedWhenItIsWrongOldReplacedOrGuessedAt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		refused := func(address, code string) {
			t.Helper()
			_, err := s.Verify(ctx, verification(address, code))
			fails(t, err, store.ErrNotFound)
		}
		refused("nobody", "c1")
		ok(t, s.IssueCode(ctx, "replaced", "s1", "c1"))
		ok(t, s.IssueCode(ctx, "replaced", "s1", "c2"))
		refused("replaced", "c1")

		ok(t, s.IssueCode(ctx, "old", "s2", "c1"))
		ok(t, s.Exec(ctx, `UPDATE codes SET expires_ms = expires_ms - $1 WHERE address_hash = 'old'`, store.CodeFor.Milliseconds()))
		refused("old", "c1")

		ok(t, s.IssueCode(ctx, "guessed", "s2", "c1"))
		for range store.CodeTries {
			refused("guessed", "wrong")
		}
		refused("guessed", "c1")
		ok(t, s.IssueCode(ctx, "almost", "s2", "c1"))
		for range store.CodeTries - 1 {
			refused("almost", "wrong")
		}
		value(s.Verify(ctx, verification("almost", "c1")))(t)
	})
}

func TestManyGuessesAtOnceAreNoMoreThanFive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.IssueCode(ctx, "a1", "s1", "right"))
		together(32, func(i int) {
			_, err := s.Verify(ctx, verification("a1", fmt.Sprintf("wrong%d", i)))
			fails(t, err, store.ErrNotFound)
		})
		_, err := s.Verify(ctx, verification("a1", "right"))
		fails(t, err, store.ErrNotFound)
	})
}

func TestOfManyWhoShowTheSameCodeOneGetsIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.IssueCode(ctx, "a1", "s1", "c1"))
		var in atomic.Int32
		together(5, func(i int) {
			v := verification("a1", "c1")
			v.Device, v.RefreshHash = fmt.Sprint("d", i), fmt.Sprint("r", i)
			if _, err := s.Verify(ctx, v); err == nil {
				in.Add(1)
			} else {
				fails(t, err, store.ErrNotFound)
			}
		})
		equal(t, "who got in", in.Load(), 1)
	})
}

func TestFiveCodesAnHourAreSentToAnAddressAndForASource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for i := range 5 {
			ok(t, s.IssueCode(ctx, "a1", fmt.Sprint("s", i), fmt.Sprint("c", i)))
			ok(t, s.IssueCode(ctx, fmt.Sprint("b", i), "many", "c"))
		}
		fails(t, s.IssueCode(ctx, "a1", "s9", "c9"), store.ErrLimit)
		fails(t, s.IssueCode(ctx, "b9", "many", "c9"), store.ErrLimit)
		value(s.Verify(ctx, verification("a1", "c4")))(t) // the last one still counts
		// The oldest of the five is an hour ago: one more, and no second.
		ok(t, s.Exec(ctx, `UPDATE code_sends SET sent_5 = sent_5 - $1`, store.CodeWindow.Milliseconds()))
		ok(t, s.IssueCode(ctx, "a1", "s9", "c9"))
		fails(t, s.IssueCode(ctx, "a1", "s9", "c9"), store.ErrLimit)
	})
}

func TestManyRequestsForCodesAtOnceAreNoMoreThanFive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var sent atomic.Int32
		together(24, func(i int) {
			if s.IssueCode(t.Context(), "a1", fmt.Sprint("s", i), "c") == nil {
				sent.Add(1)
			}
		})
		equal(t, "codes", sent.Load(), 5)
	})
}

func TestADeviceIsLinkedByACodeAndConfirmed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		ok(t, s.TouchDevice(ctx, "ana", "phone", "Phone"))
		ok(t, s.OfferDeviceLink(ctx, "ana", "void"))
		ok(t, s.OfferDeviceLink(ctx, "ana", "c1"))
		_, err := s.LinkDevice(ctx, "void", "tablet", "Tablet", "r1")
		fails(t, err, store.ErrNotFound)
		equal(t, "whose code it is", value(s.LinkDevice(ctx, "c1", "tablet", "Tablet", "r1"))(t).ID, "ana")
		_, err = s.LinkDevice(ctx, "c1", "thief", "Thief", "r2")
		fails(t, err, store.ErrNotFound)

		fails(t, s.TouchDevice(ctx, "ana", "tablet", ""), store.ErrPending)
		_, err = s.Refresh(ctx, "r1")
		fails(t, err, store.ErrPending)
		fails(t, s.ConfirmDevice(ctx, "bia", "tablet", true), store.ErrNotFound)
		ok(t, s.ConfirmDevice(ctx, "ana", "tablet", true))
		fails(t, s.ConfirmDevice(ctx, "ana", "tablet", true), store.ErrNotFound)
		ok(t, s.UseDevice(ctx, store.DeviceUse{User: "ana", Device: "tablet", Known: true}))
		d := value(s.Refresh(ctx, "r1"))(t)
		equal(t, "the device", d.UserID+" "+d.ID+" "+d.Name, "ana tablet Tablet")
	})
}

func TestALinkedDeviceIsRefusedWhenNobodyConfirmsIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		link := func(device string) {
			t.Helper()
			ok(t, s.OfferDeviceLink(ctx, "ana", "c-"+device))
			value(s.LinkDevice(ctx, "c-"+device, device, device, "r-"+device))(t)
		}
		link("refused")
		ok(t, s.ConfirmDevice(ctx, "ana", "refused", false))
		fails(t, s.UseDevice(ctx, store.DeviceUse{User: "ana", Device: "refused", Known: true}), store.ErrRevoked)
		_, err := s.Refresh(ctx, "r-refused")
		fails(t, err, store.ErrRevoked)

		link("late")
		ok(t, s.Exec(ctx, `UPDATE devices SET changed_ms = changed_ms - $1`, store.ConfirmWithin.Milliseconds()))
		fails(t, s.ConfirmDevice(ctx, "ana", "late", true), store.ErrNotFound)
		equal(t, "devices", len(value(s.Devices(ctx, "ana"))(t)), 0)

		ok(t, s.OfferDeviceLink(ctx, "ana", "old"))
		ok(t, s.Exec(ctx, `UPDATE device_links SET expires_ms = expires_ms - $1`, store.LinkCodeFor.Milliseconds()))
		_, err = s.LinkDevice(ctx, "old", "d", "", "r")
		fails(t, err, store.ErrNotFound)

		for i := range store.MaxPending {
			link(fmt.Sprint("p", i))
		}
		ok(t, s.OfferDeviceLink(ctx, "ana", "one more"))
		_, err = s.LinkDevice(ctx, "one more", "d", "", "r")
		fails(t, err, store.ErrLimit)
	})
}

func TestARevokedDeviceItsSecretAndItsTokensAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.IssueCode(ctx, "a1", "s1", "c1"))
		v := verification("a1", "c1")
		ana := value(s.Verify(ctx, v))(t).ID
		soon := time.Now().Add(time.Hour)
		use := store.DeviceUse{User: ana, Device: v.Device, Known: true, TokenHash: "t1", TokenExpires: soon}
		ok(t, s.UseDevice(ctx, use))
		ok(t, s.UseDevice(ctx, store.DeviceUse{User: ana, Device: "tablet", TokenHash: "t2", TokenExpires: soon}))
		ok(t, errorOf(s.DeviceStanding(ctx, ana, "tablet", "t1")))

		fails(t, s.RevokeDevice(ctx, ana, "unknown"), store.ErrNotFound)
		ok(t, s.RevokeDevice(ctx, ana, v.Device))
		fails(t, s.RevokeDevice(ctx, ana, v.Device), store.ErrNotFound)
		fails(t, s.UseDevice(ctx, use), store.ErrRevoked)
		fails(t, s.TouchDevice(ctx, ana, v.Device, "Phone"), store.ErrRevoked)
		fails(t, errorOf(s.DeviceStanding(ctx, ana, v.Device, "")), store.ErrRevoked)
		_, err := s.Refresh(ctx, v.RefreshHash)
		fails(t, err, store.ErrRevoked)
		// Its token does not come back under another device's name.
		fails(t, s.UseDevice(ctx, store.DeviceUse{User: ana, Device: "new", TokenHash: "t1", TokenExpires: soon}), store.ErrRevoked)
		fails(t, errorOf(s.DeviceStanding(ctx, ana, "tablet", "t1")), store.ErrRevoked)
		ok(t, errorOf(s.DeviceStanding(ctx, ana, "tablet", "t2")))
		devices := value(s.Devices(ctx, ana))(t)
		if len(devices) != 1 || devices[0].ID != "tablet" {
			t.Errorf("the devices are %+v", devices)
		}
	})
}

func TestARefreshSecretEndsWhenTheDeviceIsAwayForLong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.IssueCode(ctx, "a1", "s1", "c1"))
		v := verification("a1", "c1")
		value(s.Verify(ctx, v))(t)
		value(s.Refresh(ctx, v.RefreshHash))(t)
		ok(t, s.Exec(ctx, `UPDATE devices SET seen_ms = seen_ms - $1`, store.RefreshFor.Milliseconds()))
		_, err := s.Refresh(ctx, v.RefreshHash)
		fails(t, err, store.ErrRevoked)
	})
}

func TestADevicesTokensAreFewAndForgottenWhenTheyExpire(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		for i := range store.MaxDeviceTokens + 8 {
			ok(t, s.UseDevice(ctx, store.DeviceUse{
				User: "ana", Device: "d", TokenHash: fmt.Sprint("t", i), TokenExpires: time.Now().Add(time.Hour + time.Duration(i)*time.Second),
			}))
		}
		equal(t, "tokens", value(s.Count(ctx, `device_tokens`))(t), store.MaxDeviceTokens)
		ok(t, s.Exec(ctx, `UPDATE device_tokens SET expires_ms = 1`))
		ok(t, s.UseDevice(ctx, store.DeviceUse{User: "ana", Device: "d", TokenHash: "new", TokenExpires: time.Now().Add(time.Hour)}))
		equal(t, "tokens that have not expired", value(s.Count(ctx, `device_tokens`))(t), 1)
	})
}

func TestWhatAccountsLeaveBehindIsSwept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		ok(t, s.IssueCode(ctx, "a1", "s1", "c1"))
		ok(t, s.OfferDeviceLink(ctx, "ana", "c1"))
		value(s.LinkDevice(ctx, "c1", "pending", "", "r1"))(t)
		ok(t, s.OfferDeviceLink(ctx, "ana", "c2"))
		ok(t, s.TouchDevice(ctx, "ana", "stolen", ""))
		ok(t, s.RevokeDevice(ctx, "ana", "stolen"))
		ok(t, s.TouchDevice(ctx, "ana", "phone", ""))
		equal(t, "what is swept too early", value(s.SweepAccounts(ctx))(t), 0)
		for _, text := range []string{
			`UPDATE codes SET expires_ms = 1`, `UPDATE code_sends SET sent_1 = 1`, `UPDATE device_links SET expires_ms = 1`,
			`UPDATE devices SET changed_ms = 1`,
		} {
			ok(t, s.Exec(ctx, text))
		}
		equal(t, "what is swept", value(s.SweepAccounts(ctx))(t), 6) // a code, two counts, a link, two devices
		equal(t, "devices", len(value(s.Devices(ctx, "ana"))(t)), 1)
	})
}

func TestAPresenceSettingIsChangedByVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		equal(t, "the default", value(s.PresenceSetting(ctx, "ana"))(t).Audience, store.PresenceContacts)
		p := store.PresenceSetting{Audience: store.PresenceContactsExcept, Except: []string{"caio", "bia", "bia"}}
		equal(t, "the first version", value(s.SetPresenceSetting(ctx, "ana", p, 0))(t), 1)
		for _, version := range []int64{0, 2} {
			_, err := s.SetPresenceSetting(ctx, "ana", p, version)
			fails(t, err, store.ErrConflict)
		}
		want := store.PresenceSetting{Audience: store.PresenceContactsExcept, Except: []string{"bia", "caio"}, Version: 1}
		if diff := cmp.Diff(want, value(s.PresenceSetting(ctx, "ana"))(t)); diff != "" {
			t.Error(diff)
		}
		p = store.PresenceSetting{Audience: store.PresenceNobody}
		equal(t, "the second version", value(s.SetPresenceSetting(ctx, "ana", p, 1))(t), 2)
		equal(t, "the third version", value(s.SetPresenceSetting(ctx, "ana", p, store.AnyVersion))(t), 3)
		_, err := s.SetPresenceSetting(ctx, "nobody", p, 0)
		fails(t, err, store.ErrNotFound)
		_, err = s.SetPresenceSetting(ctx, "ana", store.PresenceSetting{Audience: "friends"}, 3)
		fails(t, err, store.ErrInvalid)
		p.Except = make([]string, store.MaxExceptions+1)
		for i := range p.Except {
			p.Except[i] = fmt.Sprint("u", i)
		}
		_, err = s.SetPresenceSetting(ctx, "ana", p, 3)
		fails(t, err, store.ErrInvalid)
	})
}

func TestASightSaysEverythingAboutWhoSeesWhom(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		ok(t, s.AddContact(ctx, "ana", "bia"))
		ok(t, s.Block(ctx, "ana", "caio"))
		ok(t, s.Block(ctx, "bia", "ana"))
		value(s.SetPresenceSetting(ctx, "ana", store.PresenceSetting{Audience: store.PresenceContactsExcept, Except: []string{"bia"}}, 0))(t)
		ok(t, s.LastSeen(ctx, []store.Absence{{User: "ana", Ago: 2 * time.Hour}, {User: "nobody"}}))

		byViewer := func(sights []store.Sight) map[string]store.Sight {
			m := map[string]store.Sight{}
			for _, o := range sights {
				m[o.Viewer+">"+o.Target] = o
			}
			return m
		}
		got := byViewer(value(s.SightsOf(ctx, "ana", []string{"bia", "caio", "nobody"}))(t))
		seen := got["bia>ana"].Seen
		if ago := time.Since(seen); ago < 2*time.Hour || ago > 2*time.Hour+2*time.Minute || seen.Unix()%60 != 0 {
			t.Errorf("she was last seen at %v", seen)
		}
		want := map[string]store.Sight{
			"bia>ana": {Viewer: "bia", Target: "ana", TargetExists: true, Audience: store.PresenceContactsExcept, Contact: true,
				Excepted: true, ViewerBlocks: true, Seen: seen},
			"caio>ana":   {Viewer: "caio", Target: "ana", TargetExists: true, Audience: store.PresenceContactsExcept, TargetBlocks: true, Seen: seen},
			"nobody>ana": {Viewer: "nobody", Target: "ana", TargetExists: true, Audience: store.PresenceContactsExcept, Seen: seen},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		want = map[string]store.Sight{
			"bia>ana":    want["bia>ana"],
			"bia>caio":   {Viewer: "bia", Target: "caio", TargetExists: true, Audience: store.PresenceContacts},
			"bia>nobody": {Viewer: "bia", Target: "nobody", Audience: store.PresenceContacts},
		}
		if diff := cmp.Diff(want, byViewer(value(s.SightsBy(ctx, "bia", []string{"ana", "caio", "nobody"}))(t))); diff != "" {
			t.Error(diff)
		}
		// A device that was seen later tells more than a leave that was lost.
		ok(t, s.TouchDevice(ctx, "ana", "phone", ""))
		later := value(s.SightsOf(ctx, "ana", []string{"bia"}))(t)[0].Seen
		if time.Since(later) > 2*time.Minute || later.Unix()%60 != 0 {
			t.Errorf("then at %v", later)
		}
	})
}
