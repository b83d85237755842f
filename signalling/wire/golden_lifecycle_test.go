package wire

import "maps"

// Examples of what accounts as a whole, profiles and preferences say.
func init() {
	preferences := Preferences{
		Version: 7, Terms: "2026-01", TermsMs: 1767225600000, Minor: true, ShowProfileTo: MayCallContacts,
		Privacy:  Privacy{WhoMayCall: MayCallContacts, WhoMayAdd: MayCallNobody, SilenceUnknown: true, HideAddress: true, Version: 2},
		Presence: PresenceSetting{Audience: PresenceContactsExcept, Except: []UserID{"mal"}, Version: 4}, Blocked: []UserID{"ugo"},
	}
	bia := Profile{User: "bia", Name: "Bia", About: "At the sea", Avatar: "/v1/avatars/bm90IGEgcmVhbCB0aWNrZXQ"}
	maps.Copy(requestExamples, map[string]any{
		"getPreferences":       GetPreferences{},
		"setPreferences":       SetPreferences{IfVersion: 7, AcceptTerms: "2026-01"},
		"setPreferences.parts": SetPreferences{IfVersion: 7, ShowProfileTo: MayCallNobody, Privacy: &SetPrivacy{WhoMayCall: MayCallContacts}, Presence: &SetPresenceSetting{Audience: PresenceContactsExcept, Except: []UserID{"mal"}}, Blocked: &BlockList{Users: []UserID{"ugo"}}},
		"getProfiles":          GetProfiles{Users: []UserID{"bia", "caio"}},
		"setProfile":           SetProfile{Name: "Ana", About: "At the sea"},
		"changeNumber":         ChangeNumber{Number: "+393331234567", Code: "123456"},
		"findNumber":           FindNumber{Number: "+393331234567"},
		"disableAccount":       DisableAccount{},
		"deleteAccount":        DeleteAccount{User: "ana"},
		"liftBan":              LiftBan{Group: "g1", User: "ugo"},
	})
	terms := &Terms{Version: "2026-02", URL: "https://calls.example/terms", Required: true}
	maps.Copy(replyExamples, map[string]any{
		"welcome.terms": Welcome{Session: "s1", Secret: "x1", GraceMs: 30000, User: "ana", Name: "Ana", Terms: terms},
		"problem.terms": Problem{Code: CodeTermsNotAccepted, Detail: "the account has to accept the terms first"},
		"preferences":   Preferences{ShowProfileTo: MayCallEveryone, Privacy: Privacy{WhoMayCall: MayCallEveryone, WhoMayAdd: MayCallEveryone}, Presence: PresenceSetting{Audience: PresenceContacts}},
		"profiles":      Profiles{Profiles: []Profile{bia, {User: "caio", Name: "caio"}, {User: "library", Name: "Library", Automated: true, NoCalls: true, NoCallsText: "Write to us."}}},
		"profile":       bia,
		"found":         Found{Person: Person{User: "bia", Name: "Bia"}},
	})
	maps.Copy(eventExamples, map[string]any{
		"preferences":     preferences,
		"profile":         bia,
		"inviteWithdrawn": InviteWithdrawn{Participant: "p2"},
	})
}
