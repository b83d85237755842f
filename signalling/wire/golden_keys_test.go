package wire

import (
	"maps"
	"strings"
)

var (
	holders   = []KeyHolder{{Participant: "p1", Leaf: 0}, {Participant: "p3", Leaf: 1}}
	deviceKey = Blob(strings.Repeat("A", 43))
	signature = Blob(strings.Repeat("A", 86))
)

// Examples of what has to do with keys.
func init() {
	maps.Copy(requestExamples, map[string]any{
		"enterKeys":           EnterKeys{Call: "c1", KeyPackage: "a2V5"},
		"enterKeys.kept":      EnterKeys{Call: "c1"},
		"foundKeys":           FoundKeys{Call: "c1", Group: 1, GroupInfo: "aW5mbw"},
		"commitKeys":          CommitKeys{Call: "c1", Group: 1, Epoch: 3, Commit: "Y29tbWl0", Welcome: "d2VsY29tZQ", GroupInfo: "aW5mbw"},
		"commitKeys.renew":    CommitKeys{Call: "c1", Group: 1, Epoch: 4, Commit: "Y29tbWl0", GroupInfo: "aW5mbw"},
		"keysReady":           KeysReady{Call: "c1", Group: 1, Epoch: 4},
		"syncKeys":            SyncKeys{Call: "c1", Group: 1, Epoch: 2},
		"sendKeyMessage":      SendKeyMessage{Call: "c1", To: "p3", Body: "cHJvb2Y"},
		"say":                 Say{Call: "c1", Body: "c2VhbGVk"},
		"firstOpened":         FirstOpened{Call: "c1", AfterMs: 310},
		"reportKeys":          ReportKeys{Call: "c1", Failure: KeyFailureNoKey},
		"setDeviceKey":        SetDeviceKey{Key: deviceKey},
		"signDevice":          SignDevice{Device: "d2", Key: deviceKey, Signature: signature},
		"putKeyPackages":      PutKeyPackages{Packages: []Blob{"a2V5"}, LastResort: "bGFzdA"},
		"putKeyPackages.some": PutKeyPackages{Packages: []Blob{}},
		"setNoteKey":          SetNoteKey{Credential: "Y3JlZGVudGlhbA", Key: deviceKey, Signature: signature},
		"getNoteKeys":         GetNoteKeys{Call: "c1"},
		"createLink.clear":    CreateLink{Kind: KindVoice, Unencrypted: true},
		"ringGroup.clear":     RingGroup{Group: "g1", Kind: KindVideo, Unencrypted: true},
	})
	maps.Copy(replyExamples, map[string]any{
		"keys":                     Keys{Group: 1, First: 7, Epoch: 3, GroupInfo: "aW5mbw", Holders: holders},
		"keys.none":                Keys{},
		"keysAccepted":             KeysAccepted{Group: 1, First: 7, Epoch: 4, Holders: holders},
		"keysLog":                  KeysLog{Group: 1, Epoch: 4, Commits: []KeysCommitted{{Group: 1, Epoch: 4, Commit: "Y29tbWl0", Holders: holders}}},
		"keysLog.none":             KeysLog{Group: 2, Epoch: 1},
		"keyPackages":              KeyPackages{Left: 4, LastResort: true},
		"noteKeys":                 NoteKeys{Keys: []NoteKey{{Credential: "Y3JlZGVudGlhbA", Key: deviceKey, Signature: signature}}},
		"noteKeys.none":            NoteKeys{},
		"problem.encryptionNeeded": &Problem{Code: CodeEncryptionNeeded, Detail: "the call is end-to-end encrypted"},
		"link.unencrypted":         Link{Link: link.Link, Kind: KindVoice, CreatedMs: 1767225600000, Unencrypted: true},
		"devices.signed": Devices{This: "d1", Devices: []Device{
			{Device: "d1", Name: "Ana’s phone", CreatedMs: 1767225600000, SeenMs: 1767225600000, Key: deviceKey, Credential: "Y3JlZGVudGlhbA"},
			{Device: "d2", CreatedMs: 1767225600000, SeenMs: 1767225600000, Pending: true},
			{Device: "d3", CreatedMs: 1767225600000, SeenMs: 1767225600000, Key: deviceKey},
		}},
	})
	maps.Copy(eventExamples, map[string]any{
		"keyPackages":       KeyPackages{Left: 4, LastResort: true},
		"noteKeyWanted":     NoteKeyWanted{},
		"keysWanted":        KeysWanted{Group: 1, Epoch: 3, Add: []KeyApplicant{{Participant: "p3", KeyPackage: "a2V5"}}, Remove: []uint32{1}},
		"keysCommitted":     KeysCommitted{Group: 1, Epoch: 4, Commit: "Y29tbWl0", Holders: holders},
		"keysWelcomed":      KeysWelcomed{Group: 1, First: 7, Epoch: 4, Welcome: "d2VsY29tZQ", GroupInfo: "aW5mbw", Holders: holders},
		"keysSwitch":        KeysSwitch{Group: 1, Epoch: 4},
		"keysRestarted":     KeysRestarted{Group: 2},
		"keyMessage":        KeyMessage{From: "p1", Body: "cHJvb2Y"},
		"said":              Said{From: "p1", Body: "c2VhbGVk"},
		"described.binding": Described{Generation: 1, Type: SDPAnswer, SDP: offer, Binding: "c2lnbmVk"},
	})
}
