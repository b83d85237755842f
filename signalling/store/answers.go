package store

import (
	"context"
	"errors"
	"time"
)

// How long answers are kept, and how long a request may take before it may be
// made again.
const (
	AnswersKept   = 24 * time.Hour
	AnswersWithin = time.Minute
)

// MaxAnswer is how many bytes of an answer are kept.
const MaxAnswer = 256 << 10

// Request is a request that may come more than once and must be carried out
// once only.
type Request struct {
	// Key is the API key that makes it.
	Key string
	// Name is what the client calls the request, as a hash.
	Name string
	// Hash is a hash of all that the request says.
	Hash string
}

func (r Request) sealedAs() string { return "answer " + r.Key + " " + r.Name }

// Response is what was answered to a request. Status 0 means that nothing was
// yet: the request is still being carried out.
type Response struct {
	Status int
	// Body is opaque, and sealed on disk: it may hold a secret that is told
	// only once.
	Body []byte
}

// ErrOtherRequest means that the same name was given to another request.
var ErrOtherRequest = errors.New("store: another request has this name")

// BeginRequest notes that a request is being carried out, and returns true. If
// it was made before, it returns false and what was answered to it, or
// [ErrOtherRequest]. Who begins a request ends it within [AnswersWithin] by
// [Store.EndRequest] or [Store.ForgetRequest]; after that it may be begun
// again.
func (s *Store) BeginRequest(ctx context.Context, r Request) (Response, bool, error) {
	if err := checkIDs("key, name or hash", r.Key, r.Name, r.Hash); err != nil {
		return Response{}, false, err
	}
	var before Response
	began := false
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		before = Response{}
		n, err := c.exec(ctx, `INSERT INTO answers (key_id, name, request, status, until_ms) VALUES ($1, $2, $3, 0, {now} + $4)
			ON CONFLICT (key_id, name) DO UPDATE SET request = excluded.request, status = 0, answer = NULL, until_ms = excluded.until_ms
			WHERE answers.until_ms <= {now}`, r.Key, r.Name, r.Hash, AnswersWithin.Milliseconds())
		if began = n > 0; err != nil || began {
			return err
		}
		var hash string
		if err := c.row(ctx, `SELECT request, status, answer FROM answers WHERE key_id = $1 AND name = $2`,
			[]any{r.Key, r.Name}, &hash, &before.Status, &before.Body); err != nil {
			return err
		}
		if hash != r.Hash {
			return ErrOtherRequest
		}
		return nil
	})
	if err == nil && before.Body != nil {
		before.Body, err = s.sealer.open(r.sealedAs(), before.Body)
	}
	return before, began, err
}

// EndRequest keeps what was answered to a request.
func (s *Store) EndRequest(ctx context.Context, r Request, a Response) error {
	if a.Status == 0 || len(a.Body) > MaxAnswer {
		return invalid("the answer has the status %d and %d bytes", a.Status, len(a.Body))
	}
	return s.remove(ctx, `UPDATE answers SET status = $3, answer = $4, until_ms = {now} + $5 WHERE key_id = $1 AND name = $2 AND request = $6 AND status = 0`,
		r.Key, r.Name, a.Status, s.sealer.seal(r.sealedAs(), a.Body), AnswersKept.Milliseconds(), r.Hash)
}

// ForgetRequest makes as if a request that was not carried out had not come.
func (s *Store) ForgetRequest(ctx context.Context, r Request) error {
	return s.remove(ctx, `DELETE FROM answers WHERE key_id = $1 AND name = $2 AND request = $3 AND status = 0`, r.Key, r.Name, r.Hash)
}

// SweepAnswers deletes answers that are kept no longer, at most limit, and
// returns how many.
func (s *Store) SweepAnswers(ctx context.Context, limit int) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `DELETE FROM answers WHERE (key_id, name) IN (
			SELECT key_id, name FROM answers WHERE until_ms <= {now} ORDER BY until_ms LIMIT $1)`, limit)
		return err
	})
	return n, err
}
