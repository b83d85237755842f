package wire

import "maps"

// Examples of what accounts, devices and presence say.
func init() {
	phone := Device{Device: "d1", Name: "Ana’s phone", CreatedMs: 1767225600000, SeenMs: 1767225700000}
	tablet := Device{Device: "dev_2", Name: "Tablet", CreatedMs: 1767225700000, SeenMs: 1767225700000, Pending: true}
	maps.Copy(requestExamples, map[string]any{
		"linkDevice":         LinkDevice{},
		"getDevices":         GetDevices{},
		"confirmDevice":      ConfirmDevice{Device: "dev_2", Accept: true},
		"revokeDevice":       RevokeDevice{Device: "dev_2"},
		"getPresenceSetting": GetPresenceSetting{},
		"setPresenceSetting": SetPresenceSetting{Audience: PresenceContactsExcept, Except: []UserID{"mal"}, IfVersion: 3},
		"getPush":            GetPush{},
		"setPush":            SetPush{Endpoint: "https://push.example/abc", P256DH: "cG9pbnQ", Auth: "c2VjcmV0"},
		"clearPush":          ClearPush{},
		"watchPresence":      WatchPresence{Users: []UserID{"bia", "caio"}},
	})
	maps.Copy(replyExamples, map[string]any{
		"push":            Push{Key: "cG9pbnQ", Subscribed: true},
		"push.off":        Push{},
		"deviceCode":      DeviceCode{Code: "bm90IGEgcmVhbCBzZWNyZXQ", ExpiresMs: 120000},
		"devices":         Devices{Devices: []Device{phone, tablet}, This: "d1"},
		"presenceSetting": PresenceSetting{Audience: PresenceContacts},
		"presence": WatchedPresence{People: []PersonPresence{
			{User: "bia", Online: true, InCall: true}, {User: "caio", LastSeenMs: 1767225600000}, {User: "mal"},
		}},
		"presence.nobody": WatchedPresence{},
	})
	maps.Copy(eventExamples, map[string]any{
		"devices":         Devices{Devices: []Device{phone, tablet}},
		"presenceSetting": PresenceSetting{Audience: PresenceContactsExcept, Except: []UserID{"mal"}, Version: 4},
		"presence":        WatchedPresence{People: []PersonPresence{{User: "bia", Online: true}}},
	})
}
