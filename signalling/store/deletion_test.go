package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// forgetAna is what the call layer makes of the peers of a log row.
func forgetAna(name, ids string) (string, string) {
	return strings.ReplaceAll(name, "ANA", ""), strings.ReplaceAll(ids, `{"user":"usr-ana","name":"ANA"}`, `{"user":"","name":""}`)
}

// nameless are the tables that name no account, or this one only at other times:
// active_pairs while it is in a call, deletions and barred_addresses after its end.
var nameless = []string{
	"queues", "visits", // only links, and hashes of guests
	"webhooks", "deliveries", // only events, by their ids
	// What integrators are told and were answered goes by its time: they know their
	// own accounts, and must hear of a deletion.
	"events", "answers",
	"goose_db_version", "api_keys", "key_stats", "duties", "timelines", "call_groups", "group_marks", "active_pairs", "deletions", "barred_addresses",
	"number_blocks", // what others block: a number, whoever has it
}

// fill writes something about usr-ana into every table there is, her own and
// what others keep.
func fill(t *testing.T, s *store.Store) {
	ctx := t.Context()
	people(t, s, "bia", "caio")
	ok(t, s.IssueCode(ctx, "phone.hash-ana", "source", "c1"))
	v := store.Verification{AddressHash: "phone.hash-ana", CodeHash: "c1", User: "usr-ana", Name: "ANA", Device: "d1", RefreshHash: "r1"}
	value(s.Verify(ctx, v))(t)
	ok(t, s.IssueCode(ctx, "phone.hash-ana", "source", "c2"))
	ok(t, s.UseDevice(ctx, store.DeviceUse{User: "usr-ana", Device: "d1", TokenHash: "t1", TokenExpires: time.Now().Add(time.Hour)}))
	value(s.PutKeyPackages(ctx, "usr-ana", "d1", []store.KeyPackage{{Ref: "p1", Package: "package", Expires: time.Now().Add(time.Hour)}}, 10))(t)
	ok(t, s.SetPushSubscription(ctx, "usr-ana", subscription("d1")))
	ok(t, s.PushRang(ctx, store.OutboxRow{ID: "rang", UserID: "usr-ana", Payload: []byte("{}")}))
	ok(t, s.OfferDeviceLink(ctx, "usr-ana", "link"))
	value(s.SetDiscovery(ctx, "usr-ana", true, free))(t)
	value(s.SetDiscovery(ctx, "bia", true, free))(t)
	upload(t, s, store.Upload{Owner: "bia", Add: []string{"hash-ana"}})
	upload(t, s, store.Upload{Owner: "usr-ana", Add: []string{"h9"}})
	value(s.SetNumber(ctx, "usr-ana", "hash-ana", "67"))(t)
	ok(t, s.BlockNumber(ctx, "usr-ana", "h8", free))
	for _, pair := range [][2]string{{"usr-ana", "bia"}, {"bia", "usr-ana"}, {"caio", "usr-ana"}} {
		ok(t, s.AddContact(ctx, pair[0], pair[1]))
		ok(t, s.Block(ctx, pair[0], pair[1]))
		value(s.SetPresenceSetting(ctx, pair[0], store.PresenceSetting{Audience: store.PresenceContactsExcept, Except: []string{pair[1]}}, store.AnyVersion))(t)
	}
	ok(t, s.Permit(ctx, "usr-ana", "bia", 0))
	ok(t, s.Permit(ctx, "bia", "usr-ana", 0))
	ok(t, s.OverrideQuota(ctx, store.Override{User: "usr-ana", Key: "k1", Calls: 1, Reason: "fair"}, time.Hour))
	ok(t, s.LastSeen(ctx, []store.Absence{{User: "usr-ana"}}))
	value(s.SetPrivacy(ctx, "usr-ana", store.Privacy{WhoMayCall: store.Nobody, TakeNotes: true}, 0))(t)
	takesNotes(t, s, "caio")
	value(s.SetPreferences(ctx, "usr-ana", store.PreferencesChange{Terms: "2026-01", NoteTerms: true}, store.AnyVersion))(t)
	value(s.TermsDelivered(ctx, "usr-ana", "2026-02"))(t)
	ok(t, s.SetProfile(ctx, "usr-ana", "ANA", "Hello"))
	ok(t, s.SetAvatar(ctx, "usr-ana", "avatar", "image/png", []byte("png")))
	ok(t, s.SetNoCalls(ctx, "usr-ana", true, ""))
	value(s.CreateLink(ctx, store.NewLink{ID: "link-usr-ana", OwnerID: "usr-ana", Kind: store.Video}))(t)
	ok(t, s.MarkLink(ctx, "link-usr-ana", store.LinkMark{Subject: "b1", Ban: store.BanForever}))
	ok(t, s.SetSlots(ctx, "usr-ana", "link-usr-ana", []store.Slot{{From: time.Now().Add(time.Hour), To: time.Now().Add(2 * time.Hour)}}))
	value(s.CreateLink(ctx, store.NewLink{ID: "l2", OwnerID: "bia", Kind: store.Voice}))(t)
	ok(t, s.SetQueue(ctx, "bia", store.Queue{LinkID: "l2", Operators: []string{"usr-ana"}}))
	value(s.CreateGroup(ctx, store.NewGroup{ID: "g1", Name: "Choir", Creator: "usr-ana"}))(t)
	_, _, err := s.ChangeGroup(ctx, "g1", []string{"bia", "caio"}, func(g *store.GroupRow) error {
		return slices.MinFunc([]error{g.Add("bia", "usr-ana", true, false), g.Add("caio", "usr-ana", false, false)}, func(a, b error) int {
			if a != nil {
				return -1
			}
			return 0
		})
	})
	ok(t, err)
	peers := `[{"user":"usr-ana","name":"ANA"}]`
	n := call("c1", "usr-ana", "bia")
	n.Snapshot = `{"legs":[{"user":"usr-ana","name":"ANA"}]}`
	n.Outbox = []store.NewOutbox{push("usr-ana", "ring")}
	n.Strangers = []string{"bia"}
	n.Log = []store.LogChange{
		{UserID: "usr-ana", Direction: store.Outgoing, PeerIDs: "[]", Kind: store.Voice, Outcome: "answered"},
		{UserID: "bia", Direction: store.Incoming, PeerName: "ANA", PeerIDs: peers, Kind: store.Voice, Outcome: "answered"},
	}
	n.Decisions = []store.Decision{{CalleeID: "bia", CallerID: "usr-ana", CallerName: "ANA", Path: "ring", Verdict: "allowed", Reason: "allowed"}}
	value(s.CreateCall(ctx, n, nil))(t)
	ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "ended", Snapshot: n.Snapshot, EndReason: "hangup",
		Answers: []store.Answer{{Caller: "usr-ana", Callee: "bia"}}}))
	m := call("c2", "caio", "usr-ana")
	m.Strangers = []string{"usr-ana"}
	m.Log = []store.LogChange{{UserID: "caio", Direction: store.Outgoing, PeerIDs: peers, Kind: store.Voice, Outcome: "unanswered"}}
	value(s.CreateCall(ctx, m, nil))(t)
	ok(t, s.Transition(ctx, "c2", 1, &store.Change{State: "ended", Snapshot: "{}", EndReason: "hangup"}))
	value(s.LeaveNote(ctx, noteTo("c2", "caio", "usr-ana")))(t)
	value(s.LeaveNote(ctx, noteTo("c3", "usr-ana", "caio")))(t)
	ok(t, s.WriteAudit(ctx, []store.AuditEntry{
		{ID: "a1", Key: "ck_1", Operation: "get-user", Target: user("usr-ana")},
		{ID: "a2", Key: "ck_1", Operation: "add-to-blocks", Target: user("bia"), Other: user("usr-ana")},
	}))
	value(s.FileReport(ctx, reportOf("usr-ana", "bia")))(t)
	value(s.FileReport(ctx, reportOf("bia", "usr-ana")))(t)
	ok(t, s.Suspend(ctx, "usr-ana", store.Forever, "", "ck_1"))
	ok(t, s.FileAppeal(ctx, store.NewAppeal{User: "usr-ana", Text: "ANA is not rude."}))
	ok(t, s.Resume(ctx, "usr-ana"))
}

// naming are the rows, by table, that hold one of the texts.
func naming(t *testing.T, s *store.Store, texts ...string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, table := range value(s.Tables(t.Context()))(t) {
		for _, row := range value(s.Dump(t.Context(), table))(t) {
			if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(row, text) }) {
				found[table] = append(found[table], row)
			}
		}
	}
	return found
}

func TestOfADeletedAccountNoRowOfAnyTableIsLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		fill(t, s)
		before := naming(t, s, "usr-ana", "ANA", "hash-ana")
		for _, table := range value(s.Tables(ctx))(t) {
			if len(before[table]) == 0 && !slices.Contains(nameless, table) {
				t.Errorf("fill puts nothing of the account into %s: let it, so that this test sees whether that is deleted, or say that it names none", table)
			}
		}
		gone := value(s.DeleteUser(ctx, "usr-ana"))(t)
		if !slices.Equal(gone.Links, []string{"link-usr-ana"}) || len(gone.Groups) != 1 {
			t.Errorf("to be told are %+v", gone)
		}
		equal(t, "the group's admin", gone.Groups[0].After.Member("bia").Role, store.RoleAdmin)
		slices.Sort(gone.Told)
		equal(t, "who is told", strings.Join(gone.Told, " "), "bia caio")
		waiting := value(s.Deletions(ctx))(t)
		if len(waiting) != 1 || waiting[0].User != "usr-ana" || waiting[0].Ago > time.Minute {
			t.Fatalf("waiting are %+v", waiting)
		}
		ok(t, s.Purge(ctx, "usr-ana", forgetAna))
		if left := naming(t, s, "usr-ana", "ANA", "hash-ana"); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
		equal(t, "what waits", len(value(s.Deletions(ctx))(t)), 0)
		rows, _, err := s.CallLog(ctx, "bia", store.Cursor{}, 10)
		ok(t, err)
		equal(t, "the other's log", rows[0].PeerIDs, `[{"user":"","name":""}]`)
	})
}

func TestACallThatGoesOnHoldsUpThePurge(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		n := call("c1", "ana", "bia")
		n.Snapshot = `{"user":"ana"}`
		value(s.CreateCall(ctx, n, nil))(t)
		value(s.DeleteUser(ctx, "ana"))(t)
		fails(t, s.Purge(ctx, "ana", forgetAna), store.ErrNamed)
		equal(t, "what waits", len(value(s.Deletions(ctx))(t)), 1)
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "ended", Snapshot: `{"user":"ana"}`, EndReason: "hangup"}))
		ok(t, s.Purge(ctx, "ana", forgetAna))
		equal(t, "the snapshot", value(s.Call(ctx, "c1"))(t).Snapshot, "{}")
	})
}

func TestADeletedAccountNeverComesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.IssueCode(ctx, "a1", "s1", "c1"))
		value(s.Verify(ctx, verification("a1", "c1")))(t)
		value(s.DeleteUser(ctx, "usr-a1"))(t)
		fails(t, s.UpsertUser(ctx, "usr-a1", "Again"), store.ErrDeleted)
		ok(t, s.Purge(ctx, "usr-a1", forgetAna))
		fails(t, s.UpsertUser(ctx, "usr-a1", "Again"), store.ErrDeleted)
		_, err := s.User(ctx, "usr-a1")
		fails(t, err, store.ErrNotFound)
		ok(t, s.IssueCode(ctx, "a1", "s1", "c2"))
		v := verification("a1", "c2")
		v.User = "usr-new"
		equal(t, "the account of the same address", value(s.Verify(ctx, v))(t).ID, "usr-new")
	})
}

func TestASuspendedNumberMakesNoOtherAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		again := func(code string) error {
			ok(t, s.IssueCode(ctx, "a1", "s"+code, code))
			v := verification("a1", code)
			v.User = "usr-other"
			_, err := s.Verify(ctx, v)
			return err
		}
		ok(t, again("c1"))
		ok(t, s.Suspend(ctx, "usr-other", time.Now().Add(time.Hour), "", ""))
		fails(t, again("c2"), store.ErrBarred)
		equal(t, "the devices", len(value(s.Devices(ctx, "usr-other"))(t)), 1)
		ok(t, s.Resume(ctx, "usr-other"))
		ok(t, again("c3")) // the very account, restored
		ok(t, s.Suspend(ctx, "usr-other", time.Now().Add(time.Hour), "", ""))
		value(s.DeleteUser(ctx, "usr-other"))(t)
		fails(t, again("c4"), store.ErrBarred)
		ok(t, s.Exec(ctx, `UPDATE barred_addresses SET until_ms = until_ms - 7200000`))
		ok(t, s.IssueCode(ctx, "a1", "s5", "c5"))
		v := verification("a1", "c5")
		v.User = "usr-fresh"
		equal(t, "after its end", value(s.Verify(ctx, v))(t).ID, "usr-fresh")
	})
}

func TestASwitchedOffAccountIsRestoredBySigningIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "bia")
		ok(t, s.IssueCode(ctx, "a1", "s1", "c1"))
		value(s.Verify(ctx, verification("a1", "c1")))(t)
		ok(t, s.Block(ctx, "usr-a1", "bia"))
		ok(t, s.Disable(ctx, "usr-a1"))
		fails(t, s.Disable(ctx, "nobody"), store.ErrNotFound)
		_, err := s.Refresh(ctx, "refresh-a1c1")
		fails(t, err, store.ErrRevoked)
		equal(t, "the devices", len(value(s.Devices(ctx, "usr-a1"))(t)), 0)
		equal(t, "it is not reached", value(s.Relation(ctx, "bia", "usr-a1"))(t).CalleeSuspended, true)
		ok(t, s.IssueCode(ctx, "a1", "s1", "c2"))
		again := verification("a1", "c2")
		again.User = "usr-other"
		equal(t, "the account", value(s.Verify(ctx, again))(t).ID, "usr-a1")
		equal(t, "it is reached", value(s.Relation(ctx, "bia", "usr-a1"))(t).CalleeSuspended, false)
		equal(t, "its blocks", len(value(s.Blocks(ctx, "usr-a1"))(t)), 1)
	})
}
