package signalling_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// locked is a buffer for many writers.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *locked) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.buf.Bytes())
}

// Ten numbers go through everything that takes numbers, in good requests and in
// broken ones. Afterwards neither they nor their plain hashes are anywhere: not
// in the database's files and its write-ahead log, not in what a dump holds,
// not in logs, errors, metrics or any frame.
func TestNoNumberIsWrittenDownAnywhere(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		var log locked
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := signallingtest.Start(t, signallingtest.Options{DSN: dsn, Logger: logger})
		stem := fmt.Sprintf("347%06d", rand.IntN(1e6)) // all canaries begin with it
		needles := [][]byte{[]byte(stem)}
		var numbers []string
		for i := range 10 {
			number := "+39" + stem + fmt.Sprint(i)
			numbers = append(numbers, number)
			for _, text := range []string{number, number[1:]} {
				sum := sha256.Sum256([]byte(text))
				needles = append(needles, sum[:], []byte(hex.EncodeToString(sum[:])),
					[]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(base64.RawStdEncoding.EncodeToString(sum[:])))
			}
		}
		ana, bia := signIn(t, s, "ana", "canarys-cage"), signIn(t, s, "bia", "phone")
		for _, p := range []*page{ana, bia} {
			ask[wire.Discovery](p, "setDiscovery", wire.SetDiscovery{On: true})
			ask[wire.Matches](p, "uploadContacts", wire.UploadContacts{Add: numbers[:6], Start: true})
			ask[wire.Matches](p, "uploadContacts", wire.UploadContacts{Add: []string{numbers[6]}, Remove: numbers[:1], Complete: true})
		}
		setNumber(t, s, "bia", numbers[6])
		ana.people(0, "bia")
		ask[wire.Discovery](ana, "blockNumber", wire.BlockNumber{Number: numbers[7]})
		ask[wire.Discovery](ana, "unblockNumber", wire.UnblockNumber{Number: numbers[7]})
		ask[wire.Discovery](ana, "blockNumber", wire.BlockNumber{Number: numbers[8]})
		ask[wire.Matches](ana, "uploadContacts", wire.UploadContacts{Add: []string{numbers[9] + "000000000", numbers[9][1:]}})
		for _, body := range []string{
			`{"add":["` + numbers[9] + `"],"` + numbers[9] + `":"Caio"}`,
			`{"add":[` + numbers[9][1:] + `]}`,
			`{"add":{"` + numbers[9] + `":1}}`,
			`{"add":[` + strings.Repeat(`"`+numbers[9]+`",`, 500) + `"+"]}`,
			`{"add":["` + numbers[9] + `"],"complete":true}`,
		} {
			refused(ana, "uploadContacts", json.RawMessage(body))
		}
		refused(ana, "blockNumber", json.RawMessage(`{"number":"`+numbers[9]+numbers[9]+`"}`))
		refused(ana, "blockNumber", json.RawMessage(`{"number":`+numbers[9][1:]+`}`))
		ana.raw([]byte(`{"type":"uploadContacts","id":"x","body":{"add":["` + numbers[9] + `]}`))
		for _, err := range []error{
			s.Sockets.SetNumber(t.Context(), "ana", numbers[9]+"000000000"),
			s.Sockets.SetNumber(t.Context(), "nobody", numbers[9]),
		} {
			if err == nil || bytes.Contains([]byte(err.Error()), []byte(stem)) {
				t.Errorf("the error is %v", err)
			}
			logger.Info("an error", "err", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Sockets.SetNumber(ctx, "ana", numbers[9]); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("out of time, the error is %v", err)
		} else {
			logger.Info("an error", "err", err)
		}

		places := map[string][]byte{"logs": log.bytes(), "metrics": fmt.Appendf(nil, "%+v", s.Events())}
		for _, p := range []*page{ana, bia} {
			ask[wire.Done](p, "ping", wire.Ping{})
			for i, h := range p.heardAfter(0) {
				places[fmt.Sprintf("frame %d, %s,", i, h.frame.Type)] = append([]byte(h.frame.ID), h.frame.Body...)
			}
		}
		written := storetest.Written(t, dsn)
		found := false
		for name, data := range written {
			places[name] = data
			found = found || bytes.Contains(data, []byte("canarys-cage"))
		}
		if !found || !bytes.Contains(places["logs"], []byte("an error")) {
			t.Fatal("the search does not find what is there")
		}
		for name, data := range places {
			for i, needle := range needles {
				if bytes.Contains(data, needle) {
					t.Errorf("needle %d is in %s", i, name)
				}
			}
		}
	})
}
