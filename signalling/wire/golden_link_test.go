package wire

import "maps"

// Examples of links, lobbies and bookings.
func init() {
	const sealed, browser = "c2VhbGVkIHRpdGxlIGFuZCBkZXNjcmlwdGlvbg", BrowserID("bm90IGEgcmVhbCBicm93c2Vy")
	const host LinkID = "bm90IGEgcmVhbCBob3N0IGxpbms"
	interview := LinkTerms{
		Sealed: sealed, Lobby: LobbyEveryone, OpensMs: 1767225600000, ExpiresMs: 1767232800000, IdleSeconds: 7776000, MaxUses: 1,
		MaxParticipants: 2, JoinMuted: true, RingHost: true,
	}
	made := Link{
		Link: link.Link, Kind: KindVideo, Terms: interview, CreatedMs: 1767222000000, EndsMs: 1767232800000, UsedMs: 1767226000000,
		Uses: 1, Sequence: 2, HasHostLink: true, HostLink: host,
	}
	waiting := []Waiter{
		{Waiter: "w1", Name: "Zoë", Guest: true, Automated: true, SinceMs: 1767225600000}, {Waiter: "w2", User: "bia", Name: "Bia", SinceMs: 1767225601000},
	}
	slot := LinkSlot{FromMs: 1767225600000, ToMs: 1767227400000}
	maps.Copy(requestExamples, map[string]any{
		"createLink.host":  CreateLink{Kind: KindVideo, Terms: interview, HostLink: true},
		"changeLink":       ChangeLink{Link: link.Link, IfSequence: 2, Terms: interview},
		"newHostLink":      NewHostLink{Link: link.Link},
		"revokeLink.keep":  RevokeLink{Link: link.Link, KeepCall: true},
		"forgetBans":       ForgetBans{Link: link.Link},
		"setSlots":         SetSlots{Link: link.Link, Slots: []SlotTime{{FromMs: 1767225600000, ToMs: 1767227400000}}},
		"getSlots":         GetSlots{Link: link.Link},
		"bookSlot":         BookSlot{Link: link.Link, FromMs: 1767225600000},
		"lookAtLink":       LookAtLink{Link: link.Link},
		"joinLink.browser": JoinLink{Link: host, Browser: browser},
		"knock":            Knock{Link: link.Link, Browser: browser},
		"stopWaiting":      StopWaiting{Link: link.Link},
		"answerKnock":      AnswerKnock{Call: "c1", Waiter: "w1", Admit: true},
		"setLobby":         SetLobby{Call: "c1", Lobby: LobbyGuests},
	})
	maps.Copy(replyExamples, map[string]any{
		"link.made":       made,
		"linkSlots":       LinkSlots{Slots: []LinkSlot{slot, {FromMs: 1767227400000, ToMs: 1767229200000, Booked: true}}},
		"linkSlots.none":  LinkSlots{},
		"bookedSlot":      BookedSlot{Link: link.Link, FromMs: slot.FromMs, ToMs: slot.ToMs},
		"linkDoor":        LinkDoor{Kind: KindVideo, Sealed: sealed, Waits: true, OpensInMs: 60000, EndsMs: 1767232800000, JoinMuted: true, Encrypted: true},
		"linkDoor.host":   LinkDoor{Kind: KindVoice, Title: "Standup", Host: true, Books: true},
		"waiting":         Waiting{ForMs: 900000},
		"waiting.needNot": Waiting{Admitted: true},
		"problem.lobby":   &Problem{Code: CodeWaitInLobby, Detail: "a host lets people in; knock"},
		"problem.notYet":  &Problem{Code: CodeNotYet, Detail: "the link is not open yet", RetryAfterMs: 60000},
	})
	maps.Copy(eventExamples, map[string]any{
		"link":          Link{Link: link.Link, Kind: KindVoice, CreatedMs: 1767225600000, RevokedMs: 1767225700000, Sequence: 1},
		"link.booked":   Link{Link: host, Kind: KindVideo, CreatedMs: 1767225600000, BookedFrom: link.Link},
		"reminder":      Reminder{Link: host, Kind: KindVideo, Sealed: sealed, FromMs: slot.FromMs, ToMs: slot.ToMs, Host: true, BookedFrom: link.Link},
		"lobby":         Lobby{Call: "c1", Link: link.Link, Kind: KindVideo, Sealed: sealed, Waiting: waiting, Rings: true},
		"lobby.empty":   Lobby{Call: "c1", Kind: KindVoice, Title: "Standup"},
		"knockAnswered": KnockAnswered{Link: link.Link, Answer: KnockAdmitted},
		"lobbyChanged":  LobbyChanged{Lobby: LobbyEveryone, Crowded: true},
		"titleChanged":  TitleChanged{Title: "Standup", Sealed: sealed},
	})
}
