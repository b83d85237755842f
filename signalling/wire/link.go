package wire

// CreateLink makes a call link that others, also without an account, may join
// by. The reply is [Link].
type CreateLink struct {
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Title is what those who join see.
	Title string `json:"title,omitzero" limit:"0..80"`
	// ExpiresInSeconds is for how long it may be joined by; 0 means until it is
	// revoked. At most 90 days.
	ExpiresInSeconds uint32 `json:"expiresInSeconds,omitzero" limit:"0..7776000"`
	// MaxUses is how many may join by it in all; 0 means any number.
	MaxUses uint32 `json:"maxUses,omitzero" limit:"0..10000"`
	// Unencrypted is as in [Ring.Unencrypted], for the link's calls.
	Unencrypted bool `json:"unencrypted,omitzero"`
}

// GetLinks asks for our links. The reply is [Links].
type GetLinks struct{}

// Links are our links, newest first.
type Links struct {
	// Links are the links.
	Links []Link `json:"links"`
}

// Link is a call link.
type Link struct {
	// Link is the secret that opens it: the page is /j/<link>.
	Link LinkID `json:"link"`
	// Kind is voice or video.
	Kind Kind `json:"kind"`
	// Title is what those who join see.
	Title string `json:"title"`
	// CreatedMs is when it was made.
	CreatedMs UnixMs `json:"createdMs"`
	// ExpiresMs is until when it may be joined by; absent means no end.
	ExpiresMs UnixMs `json:"expiresMs,omitzero"`
	// RevokedMs is when it was revoked; absent means it was not.
	RevokedMs UnixMs `json:"revokedMs,omitzero"`
	// MaxUses is how many may join by it in all; absent means any number.
	MaxUses uint32 `json:"maxUses,omitzero"`
	// Uses is how many have joined by it.
	Uses uint32 `json:"uses"`
	// Unencrypted says that its calls are not end-to-end encrypted.
	Unencrypted bool `json:"unencrypted,omitzero"`
}

// RevokeLink ends a link: nobody joins by it any more, and its call ends. The
// reply is [Link].
type RevokeLink struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
}

// JoinLink joins the call of a link, or starts it. The reply is [CallState].
// Unknown, expired, revoked and used up are all notFound.
type JoinLink struct {
	// Link is the link.
	Link LinkID `json:"link" limit:"1..64"`
	// Media is what we send from the start.
	Media Media `json:"media"`
}
