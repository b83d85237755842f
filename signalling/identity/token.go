package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pronto/signalling/wire"
)

// Limits of tokens.
const (
	// Audience is the aud claim that every token must have.
	Audience = "pronto"
	// MaxTokenBytes is the longest token that is looked at.
	MaxTokenBytes = 8 << 10
	// MaxLifetime is how far apart iat and exp may be.
	MaxLifetime = 24 * time.Hour
	// Leeway is how far the clocks of signer and server may be apart.
	Leeway = 30 * time.Second
)

// ErrToken is wrapped by every refusal of a token. The text says what is wrong
// with it and is fit for the one who signed it; it holds nothing of the token.
var ErrToken = errors.New("token refused")

// Grants is what the holder of a token may do.
type Grants struct {
	// Account lets the holder act as the account named by the subject.
	Account bool `json:"account,omitzero"`
	// Link lets the holder join the call of one link as a guest, and nothing
	// else.
	Link wire.LinkID `json:"link,omitzero"`
	// Network marks the network that a guest had his pass from, at the link, so
	// that somebody whom a host has put out does not come back by another pass.
	// Empty in the tokens of integrators.
	Network string `json:"network,omitzero"`
	// Device binds an account's token to one device that signed in by a code
	// or was linked: it ends when the device is revoked. Empty in the tokens of
	// integrators, who may use one on any device.
	Device wire.DeviceID `json:"device,omitzero"`
}

// Identity is who holds a token.
type Identity struct {
	// User is the account, or for a guest an id made for this one visit.
	User wire.UserID
	// Name is what others see: 1 to 64 bytes.
	Name string
	// Automated is whether a guest is a program, and people are told so. Of an account it is
	// said by the REST API.
	Automated bool
	// Grants is what the holder may do.
	Grants Grants
	// Key is the API key that the token was signed with, or the server's own. Sign has it as
	// an argument.
	Key string
	// Expires is when the token ends. A session that it opened goes on.
	Expires time.Time
}

// Guest tells whether the holder has no account.
func (i Identity) Guest() bool { return !i.Grants.Account }

type claims struct {
	jwt.RegisteredClaims
	Name      string `json:"name"`
	Automated bool   `json:"automated,omitzero"`
	Grants    Grants `json:"grants"`
}

// SigningKey is what tokens are signed with.
type SigningKey struct {
	Secret []byte
	// Origins are those whose pages may use its tokens; empty leaves it to the server.
	Origins []string
}

// Keys finds API keys.
type Keys interface {
	// SigningKey returns the key, or an error that wraps
	// [ErrToken] if there is no such key or it was revoked. Another error
	// means that it cannot be told now.
	SigningKey(ctx context.Context, key string) (SigningKey, error)
}

// Verifier checks tokens.
type Verifier struct {
	// Keys finds secrets.
	Keys Keys
	// Own is the origin that people know this server by, if another than the requests'
	// host; it may use all tokens.
	Own string
}

// Verify returns who holds the token, which was sent by a [Page]. The only algorithm
// is HS256, whatever the header says; the key is chosen by the iss claim from our own
// keys. A token that is good, but not on that page, is [ErrPage].
func (v Verifier) Verify(ctx context.Context, token, page string) (Identity, error) {
	if len(token) > MaxTokenBytes {
		return Identity{}, fmt.Errorf("%w: it has more than %d bytes", ErrToken, MaxTokenBytes)
	}
	var c claims
	var key SigningKey
	var outage error
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (_ any, err error) {
		if key, err = v.Keys.SigningKey(ctx, c.Issuer); err != nil && !errors.Is(err, ErrToken) {
			outage = err
		}
		return key.Secret, err
	},
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(Leeway), jwt.WithStrictDecoding())
	switch {
	case outage != nil:
		return Identity{}, fmt.Errorf("find the key of a token: %w", outage)
	case err != nil:
		return Identity{}, fmt.Errorf("%w: %s", ErrToken, refusal(err))
	case !v.of(page, key.Origins):
		return Identity{}, ErrPage
	}
	return c.identity()
}

// refusal turns the parser's error into words that hold nothing of the token.
func refusal(err error) string {
	for _, r := range []struct {
		err  error
		text string
	}{
		{jwt.ErrTokenExpired, "it has expired; sign a new one"},
		{jwt.ErrTokenNotValidYet, "it is not valid yet; check the clocks"},
		{jwt.ErrTokenUsedBeforeIssued, "it was issued in the future; check the clocks"},
		{jwt.ErrTokenInvalidAudience, "its audience is not " + Audience},
		{jwt.ErrTokenRequiredClaimMissing, "a claim is missing; exp and aud are required"},
		{ErrToken, "its issuer is not a key of this server that may sign tokens (scope tokens:write)"},
		{jwt.ErrTokenSignatureInvalid, "its signature does not fit; sign with HS256 and the key's secret"},
	} {
		if errors.Is(err, r.err) {
			return r.text
		}
	}
	return "it is not a JWT"
}

func (c claims) identity() (Identity, error) {
	id := Identity{User: wire.UserID(c.Subject), Name: c.Name, Automated: c.Automated, Grants: c.Grants, Key: c.Issuer}
	switch {
	case c.Subject == "" || id.User.Check() != nil:
		return Identity{}, fmt.Errorf("%w: its subject is not an id of 1 to %d of A-Z a-z 0-9 _ -", ErrToken, wire.MaxIDBytes)
	case c.IssuedAt == nil:
		return Identity{}, fmt.Errorf("%w: iat is missing", ErrToken)
	case c.ExpiresAt.Sub(c.IssuedAt.Time) > MaxLifetime:
		return Identity{}, fmt.Errorf("%w: it lives longer than %s", ErrToken, MaxLifetime)
	case c.Grants.Account == (c.Grants.Link != ""):
		return Identity{}, fmt.Errorf("%w: it must grant either account or link", ErrToken)
	case c.Automated && c.Grants.Account:
		return Identity{}, fmt.Errorf("%w: automated is for guests; say it of an account by PATCH /v1/users/{user}", ErrToken)
	case c.Grants.Device != "" && !c.Grants.Account, c.Grants.Device.Check() != nil:
		return Identity{}, fmt.Errorf("%w: the device it grants is not an id, or goes without an account", ErrToken)
	case len(c.Grants.Network) > wire.MaxIDBytes, c.Grants.Network != "" && c.Grants.Link == "":
		return Identity{}, fmt.Errorf("%w: the network it grants is too long, or goes without a link", ErrToken)
	case c.Grants.Link.Check() != nil:
		return Identity{}, fmt.Errorf("%w: the link it grants is not an id", ErrToken)
	}
	if id.Name == "" {
		id.Name = c.Subject
	}
	if err := CheckName(id.Name); err != nil {
		return Identity{}, fmt.Errorf("%w: its name %w", ErrToken, err)
	}
	id.Expires = c.ExpiresAt.Time
	return id, nil
}

// Sign makes a token for id that lives for ttl from now.
func Sign(key string, secret []byte, id Identity, now time.Time, ttl time.Duration) (string, error) {
	if ttl <= 0 || ttl > MaxLifetime {
		return "", fmt.Errorf("sign token: a lifetime of %s is not between 0 and %s", ttl, MaxLifetime)
	}
	c := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: key, Subject: string(id.User), Audience: jwt.ClaimStrings{Audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)), ID: NewID("tok"),
		},
		Name: id.Name, Automated: id.Automated, Grants: id.Grants,
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}
