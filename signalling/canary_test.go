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
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

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
		written := database(t, dsn)
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

// database is all that a database has written: its files, and for PostgreSQL
// its log and a dump of all rows too.
func database(t *testing.T, dsn string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	read := func(path string) {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // removed while we walked
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		found[path] = data
	}
	if path, ok := strings.CutPrefix(dsn, "sqlite://"); ok {
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) < 2 {
			t.Fatalf("the files are %v (%v)", files, err)
		}
		for _, file := range files {
			read(file)
		}
		return found
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 10 {
		t.Fatalf("the tables are %v (%v)", tables, err)
	}
	for _, table := range tables {
		var dump bytes.Buffer
		if _, err := conn.PgConn().CopyTo(t.Context(), &dump, "COPY "+pgx.Identifier{table}.Sanitize()+" TO STDOUT"); err != nil {
			t.Fatal(err)
		}
		found["table "+table] = dump.Bytes()
	}
	if _, err := conn.Exec(t.Context(), `CHECKPOINT`); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(address.Query().Get("host"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			read(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
