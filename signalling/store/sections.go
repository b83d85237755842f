package store

const (
	isSecret   = "it is, or opens, a secret of a device or a link: who reads the copy could use it"
	isHash     = "a keyed hash, from which nobody gets the address or number back"
	isOthers   = "it is about somebody else, and shows what she may not see"
	isPassing  = "what is on its way to her devices; it is gone within minutes, and made of what other sections tell"
	isServers  = "the server's own bookkeeping, which names no account"
	isOperator = "what operators and integrators have done or noted, which may name others; ask the operator"
)

// Sections are the parts of a copy of an account's data, in their order.
var Sections = []Section{
	{
		Name: "account", Doc: "The account itself.", table: "users", owner: "none", where: "id = $1", key: "id",
		columns: []column{{"id", "id", plain}, {"name", "name", plain}, {"automated", "automated", flag}, {"createdAt", "created_ms", moment}},
	},
	{
		Name: "profile", Doc: "What it shows of itself; the image in base64.", table: "profiles", owner: "user_id", key: "user_id",
		columns: []column{
			{"about", "about", plain}, {"audience", "audience", plain}, {"avatarId", "avatar_id", plain},
			{"avatarType", "avatar_type", plain}, {"avatar", "avatar", plain},
		},
	},
	{
		Name: "standing", Doc: "What its operator has set: whether and when it may call and be called.", table: "standing", owner: "user_id", key: "user_id",
		columns: []column{
			{"suspendedUntil", "suspended_until_ms", moment}, {"noCalls", "no_calls", flag}, {"noCallsText", "no_calls_text", plain},
			{"minor", "minor", flag}, {"changedAt", "changed_ms", moment}, {"disabledAt", "disabled_ms", moment}, {"callHours", "call_hours", document},
			{"byPermission", "by_permission", flag}, {"asksFirst", "asks_first", flag}, {"callsPerWeek", "ring_quota", plain},
			{"suspendedAt", "suspended_ms", moment}, {"suspendedFor", "suspended_why", plain},
		},
		withheld: map[string]string{"suspended_reason": isOperator, "suspended_key": isOperator, "suspended_case": isOperator},
	},
	{
		Name: "appeals", Doc: "What it has said against being suspended, and what became of that.", table: "appeals", owner: "user_id", key: "suspended_ms",
		columns: []column{
			{"suspendedAt", "suspended_ms", moment}, {"text", "text", plain}, {"filedAt", "filed_ms", moment}, {"outcome", "outcome", plain},
			{"decidedAt", "decided_ms", moment},
		},
		withheld: map[string]string{"case_id": isOperator, "note": isOperator, "key_id": isOperator},
	},
	{
		Name: "preferences", Doc: "The terms it has agreed to last.", table: "preferences", owner: "user_id", key: "user_id",
		columns: []column{{"version", "version", plain}, {"terms", "terms", plain}, {"termsAgreedAt", "terms_ms", moment}},
	},
	{
		Name: "consents", Doc: "Which terms were shown to it and agreed to, and when.", table: "receipts", owner: "user_id", key: "version",
		columns: []column{{"terms", "version", plain}, {"deliveredAt", "delivered_ms", moment}, {"acceptedAt", "accepted_ms", moment}},
	},
	{
		Name: "privacy", Doc: "Who may call it, and when.", table: "privacy", owner: "user_id", key: "user_id",
		columns: []column{
			{"whoMayCall", "who_may_call", plain}, {"whoMayAdd", "who_may_add", plain}, {"hideAddress", "hide_address", flag},
			{"silenceUnknown", "silence_unknown", flag}, {"rejectInCall", "reject_in_call", flag}, {"takeNotes", "take_notes", flag},
			{"doNotDisturb", "do_not_disturb", document}, {"version", "version", plain},
		},
	},
	{
		Name: "presence", Doc: "Who may see whether it is there.", table: "presence_settings", owner: "user_id", key: "user_id",
		columns: []column{{"audience", "audience", plain}, {"version", "version", plain}},
	},
	{
		Name: "presenceExceptions", Doc: "Who of its contacts may not.", table: "presence_exceptions", owner: "user_id", key: "except_id",
		columns: []column{{"user", "except_id", plain}},
	},
	{
		Name: "lastSeen", Doc: "When it was there last.", table: "last_seen", owner: "user_id", key: "user_id",
		columns: []column{{"at", "seen_ms", moment}},
	},
	{
		Name: "addresses", Doc: "By how many addresses it signs in, and since when; the server keeps none in clear.", table: "account_addresses",
		owner: "user_id", key: "address_hash", columns: []column{{"createdAt", "created_ms", moment}}, withheld: map[string]string{"address_hash": isHash},
	},
	{
		Name: "numbers", Doc: "Its phone number: how it ends, which is all that is kept in clear.", table: "numbers", owner: "user_id", key: "user_id",
		columns:  []column{{"ending", "ending", plain}, {"discoverable", "discoverable", flag}, {"verifiedAt", "verified_ms", moment}},
		withheld: map[string]string{"hash": isHash},
	},
	{
		Name: "discovery", Doc: "Whether it looks for contacts by their numbers.", table: "discovery", owner: "user_id", key: "user_id",
		columns: []column{
			{"active", "active", flag}, {"rounds", "round", plain}, {"completed", "completed", plain}, {"syncedAt", "synced_ms", moment},
		},
		withheld: map[string]string{"sketch": "counts the numbers that were looked up, as a sketch of their hashes"},
	},
	{
		Name: "devices", Doc: "Its devices, with their public keys.", table: "devices", owner: "user_id", key: "id",
		columns: []column{
			{"id", "id", plain}, {"name", "name", plain}, {"state", "state", plain}, {"createdAt", "created_ms", moment},
			{"seenAt", "seen_ms", moment}, {"changedAt", "changed_ms", moment}, {"identityKey", "identity_key", plain}, {"credential", "credential", plain},
			{"noteKey", "note_key", plain}, {"noteSignature", "note_signature", plain}, {"noteCredential", "note_credential", plain},
		},
		withheld: map[string]string{"refresh_hash": isSecret},
	},
	{
		Name: "keyPackages", Doc: "Public keys by which its devices are let into calls.", table: "key_packages", owner: "user_id", key: "device_id, ref",
		columns: []column{
			{"device", "device_id", plain}, {"ref", "ref", plain}, {"package", "package", plain}, {"lastResort", "last_resort", flag},
			{"createdAt", "created_ms", moment}, {"expiresAt", "expires_ms", moment},
		},
	},
	{
		Name: "pushSubscriptions", Doc: "Which of its devices are woken by push.", table: "push_subscriptions", owner: "user_id", key: "device_id",
		columns:  []column{{"device", "device_id", plain}, {"createdAt", "created_ms", moment}},
		withheld: map[string]string{"sealed": isSecret},
	},
	{
		Name: "contacts", Doc: "Whom it knows.", table: "contacts", owner: "owner_id", key: "contact_id",
		columns: []column{{"user", "contact_id", plain}, {"favourite", "favourite", flag}, {"createdAt", "created_ms", moment}},
	},
	{
		Name: "blocks", Doc: "Whom it has blocked.", table: "blocks", owner: "owner_id", key: "blocked_id",
		columns: []column{{"user", "blocked_id", plain}, {"createdAt", "created_ms", moment}},
	},
	{
		Name: "numberBlocks", Doc: "Numbers that it has blocked: when.", table: "number_blocks", owner: "owner_id", key: "hash",
		columns: []column{{"createdAt", "created_ms", moment}}, withheld: map[string]string{"hash": isHash},
	},
	{
		Name: "permissions", Doc: "Whom it has permitted to call it.", table: "call_permissions", owner: "callee_id", key: "caller_id",
		columns: []column{
			{"user", "caller_id", plain}, {"createdAt", "created_ms", moment}, {"until", "until_ms", moment}, {"unanswered", "unanswered", plain},
		},
	},
	{
		Name: "quotaOverrides", Doc: "Calls that it may make beyond its quota, and why.", table: "quota_overrides", owner: "user_id", key: "id",
		columns: []column{
			{"id", "id", plain}, {"calls", "calls", plain}, {"reason", "reason", plain}, {"createdAt", "created_ms", moment}, {"until", "until_ms", moment},
		},
		withheld: map[string]string{"key_id": isOperator},
	},
	{
		Name: "groups", Doc: "The groups that it is in, was in or is invited to.", table: "group_members", owner: "user_id", key: "group_id",
		columns: []column{
			{"group", "group_id", plain}, {"name", "(SELECT g.name FROM call_groups g WHERE g.id = group_id)", plain},
			{"state", "state", plain}, {"role", "role", plain}, {"invitedBy", "invited_by", plain}, {"silent", "silent", flag},
			{"since", "since_ms", moment}, {"until", "until_ms", moment},
		},
	},
	{
		Name: "links", Doc: "Its call links; details that were sealed are told as they are.", table: "links", owner: "owner_id", key: "id",
		columns: []column{
			{"id", "id", plain}, {"kind", "kind", plain}, {"title", "title", plain}, {"sealed", "sealed", plain}, {"lobby", "lobby", plain},
			{"createdAt", "created_ms", moment}, {"opensAt", "opens_ms", moment}, {"expiresAt", "expires_ms", moment}, {"revokedAt", "revoked_ms", moment},
			{"idleMs", "idle_ms", plain}, {"usedAt", "used_ms", moment}, {"maxUses", "max_uses", plain}, {"uses", "uses", plain},
			{"maxPeople", "max_people", plain}, {"joinMuted", "join_muted", flag}, {"ringHost", "ring_host", flag}, {"unencrypted", "unencrypted", flag},
			{"origins", "origins", plain}, {"sequence", "sequence", plain}, {"call", "call_id", plain}, {"boundAt", "bound_ms", moment},
		},
		withheld: map[string]string{"host_hash": isSecret, "key_id": isOperator},
	},
	{
		Name: "bookings", Doc: "Times that may be booked by its links, and the link made for each that was.", table: "link_slots", owner: "none",
		where: "link_id IN (SELECT id FROM links WHERE owner_id = $1)", key: "link_id, from_ms",
		columns: []column{{"link", "link_id", plain}, {"from", "from_ms", moment}, {"to", "to_ms", moment}, {"bookedBy", "booked_by", plain}},
	},
	{
		Name: "queues", Doc: "Its links that are waiting lines.", table: "queues", owner: "none",
		where: "link_id IN (SELECT id FROM links WHERE owner_id = $1)", key: "link_id",
		columns: []column{{"link", "link_id", plain}, {"hours", "hours", document}},
	},
	{
		Name: "queueDuties", Doc: "Waiting lines whose calls it takes.", table: "queue_operators", owner: "user_id", key: "link_id",
		columns: []column{{"link", "link_id", plain}},
	},
	{
		Name: "calls", Doc: "Its log of calls.", table: "call_log", owner: "user_id", key: "started_ms, call_id",
		columns: []column{
			{"call", "call_id", plain}, {"direction", "direction", plain}, {"peerName", "peer_name", plain}, {"peers", "peer_ids", document},
			{"kind", "kind", plain}, {"outcome", "outcome", plain}, {"startedAt", "started_ms", moment}, {"endedAt", "ended_ms", moment},
			{"durationMs", "duration_ms", plain},
		},
	},
	{
		Name: "decisions", Doc: "Who tried to reach it, and why its devices did or did not ring.", table: "decisions", owner: "callee_id", key: "id",
		columns: []column{
			{"id", "id", plain}, {"from", "caller_id", plain}, {"name", "caller_name", plain}, {"call", "call_id", plain}, {"path", "path", plain},
			{"verdict", "verdict", plain}, {"reason", "reason", plain}, {"at", "at_ms", moment},
		},
	},
	{
		Name: "strangersCalled", Doc: "Calls that it has made to people who do not know it, which are counted against floods.", table: "stranger_calls",
		owner: "caller_id", key: "call_id, callee_id",
		columns: []column{{"user", "callee_id", plain}, {"call", "call_id", plain}, {"at", "at_ms", moment}},
	},
	{
		Name: "acquaintances", Doc: "Who has talked with it.", table: "acquaintances", owner: "none",
		where: "caller_id = $1 OR callee_id = $1", key: "caller_id, callee_id",
		columns: []column{{"caller", "caller_id", plain}, {"callee", "callee_id", plain}},
	},
	{
		Name: "reports", Doc: "What it has reported of others.", table: "reports", owner: "reporter",
		where: "reporter = 'user:' || $1", key: "id",
		columns: []column{
			{"id", "id", plain}, {"call", "call_id", plain}, {"reason", "reason", plain}, {"text", "text", plain}, {"times", "times", plain},
			{"firstAt", "first_ms", moment}, {"lastAt", "last_ms", moment},
		},
		withheld: map[string]string{"case_id": "what operators make of it is about the other one"},
	},
	{
		Name: "notesWaiting", Doc: "Notes that wait for it; what they say only its devices can open, by GET /v1/notes/{call}.", table: "notes",
		owner: "to_id", where: "to_id = $1 AND delivered AND expires_ms > {now}", key: "call_id",
		columns: []column{{"call", "call_id", plain}, {"from", "from_id", plain}, {"leftAt", "left_ms", moment}, {"expiresAt", "expires_ms", moment}},
		withheld: map[string]string{
			"body": "only its devices can open it; getting it by the notes' own route deletes it", "delivered": "true of all that are told",
		},
	},
}

// Withheld are the tables of which a copy of an account's data has nothing, with the
// reason.
var Withheld = map[string]string{
	"calls":            "what a call that goes on is made of, emptied after its end; the log of calls has it",
	"active_pairs":     "which calls go on at this moment",
	"codes":            isHash,
	"code_sends":       isHash,
	"device_tokens":    isSecret,
	"device_links":     isSecret,
	"outbox":           isPassing,
	"push_rings":       isPassing,
	"uploaded":         "keyed hashes of others' numbers; whom they have led to is among the contacts",
	"link_marks":       isOthers,
	"visits":           isOthers,
	"group_marks":      isOthers,
	"call_groups":      "the group's, which is its members'; its name is told with the membership",
	"deletions":        "accounts that are deleted",
	"barred_addresses": isHash,
	"report_cases":     "what was reported of somebody, which would name those who have; ask the operator",
	"audit":            isOperator,
	"events":           "what integrators were told of calls, deleted by its age; the log of calls has it",
	"answers":          "what integrators were answered, kept for a day",
	"webhooks":         isServers,
	"deliveries":       isServers,
	"api_keys":         isServers,
	"key_stats":        isServers,
	"duties":           isServers,
	"timelines":        "how a call's connections were; it names nobody, and is found only by the support code",
	"goose_db_version": isServers,
}
