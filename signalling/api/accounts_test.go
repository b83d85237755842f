package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pronto/signalling/enrol"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
)

// letters takes codes over, as a provider would.
type letters struct {
	mu    sync.Mutex
	codes map[string]string // by address, the last one
	fails error
}

// Send implements enrol.Sender.
func (l *letters) Send(_ context.Context, m enrol.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails != nil {
		return l.fails
	}
	if l.codes == nil {
		l.codes = map[string]string{}
	}
	l.codes[m.To.Text] = m.Code
	return nil
}

func (l *letters) code(t *testing.T, address string) string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.codes[address] == "" {
		t.Fatal("no code came")
	}
	return l.codes[address]
}

func withCodes(t *testing.T) (*signallingtest.Server, *letters) {
	t.Helper()
	l := &letters{}
	return signallingtest.Start(t, signallingtest.Options{Codes: l}), l
}

type signedIn struct {
	Token, User, Name, Device, Refresh string
	ForSeconds                         int
}

func read(t *testing.T, a answer) (s signedIn) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &s); err != nil || a.status != http.StatusOK {
		t.Fatalf("got %+v (%v)", a, err)
	}
	return s
}

func TestAnAddressBecomesAnAccountByItsCode(t *testing.T) {
	s, l := withCodes(t)
	for address, fields := range map[string]string{
		"ana@example.com": `"email":"Ana@Example.com"`, "+3906123456": `"phone":"+3906123456"`,
	} {
		sent := post(t, s.URL+"/v1/accounts/code", `{`+fields+`}`)
		if sent.status != http.StatusAccepted || !strings.Contains(sent.body, `"forSeconds":600`) {
			t.Fatalf("got %+v", sent)
		}
		verify := `{` + fields + `,"code":"` + l.code(t, address) + `","name":"Ana","deviceName":"Phone"}`
		got := post(t, s.URL+"/v1/accounts/verify", verify)
		first := read(t, got)
		if got.header.Get("Cache-Control") != "no-store" || first.Name != "Ana" || first.ForSeconds != 3600 || len(first.Refresh) != 22 {
			t.Errorf("got %+v", first)
		}
		if again := post(t, s.URL+"/v1/accounts/verify", verify); again.status != http.StatusUnauthorized {
			t.Errorf("the code twice: %+v", again)
		}
		next := read(t, post(t, s.URL+"/v1/accounts/refresh", `{"refresh":"`+first.Refresh+`"}`))
		if next.User != first.User || next.Device != first.Device || next.Refresh != "" || next.Token == "" {
			t.Errorf("the refresh is %+v", next)
		}
		post(t, s.URL+"/v1/accounts/code", `{`+fields+`}`)
		other := read(t, post(t, s.URL+"/v1/accounts/verify", `{`+fields+`,"code":"`+l.code(t, address)+`"}`))
		if other.User != first.User || other.Name != "Ana" || other.Device == first.Device {
			t.Errorf("the second device is %+v", other)
		}
		if number, err := s.Store.NumberOf(t.Context(), first.User); address[0] == '+' && (err != nil || number.Ending != "56") {
			t.Errorf("the account's number is %+v (%v)", number, err)
		}
		devices, err := s.Store.Devices(t.Context(), first.User)
		if err != nil || len(devices) != 2 {
			t.Errorf("the devices are %+v (%v)", devices, err)
		}
	}
}

// Nobody can find out by asking which addresses have accounts.
func TestAnswersDoNotTellWhoHasAnAccount(t *testing.T) {
	s, l := withCodes(t)
	post(t, s.URL+"/v1/accounts/code", `{"email":"known@example.com"}`)
	read(t, post(t, s.URL+"/v1/accounts/verify", `{"email":"known@example.com","code":"`+l.code(t, "known@example.com")+`"}`))
	same := func(what string, a, b answer) {
		t.Helper()
		if a.status != b.status || a.body != b.body || fmt.Sprint(a.header["Retry-After"]) != fmt.Sprint(b.header["Retry-After"]) {
			t.Errorf("%s: with an account %d %s, without %d %s", what, a.status, a.body, b.status, b.body)
		}
	}
	ask := func(path, address, more string) answer {
		t.Helper()
		return post(t, s.URL+"/v1/accounts/"+path, `{"email":"`+address+`"`+more+`}`)
	}
	wrong := `,"code":"000000"`
	same("a guess before a code", ask("verify", "known@example.com", wrong), ask("verify", "new@example.com", wrong))
	same("a code", ask("code", "known@example.com", ""), ask("code", "new@example.com", ""))
	for what, code := range map[string]string{"digits": wrong, "letters": `,"code":"abcdef"`} {
		same("a wrong code of "+what, ask("verify", "known@example.com", code), ask("verify", "new@example.com", code))
	}
	for range 3 {
		ask("code", "known@example.com", "")
	}
	same("no more codes for this source", ask("code", "known@example.com", ""), ask("code", "new@example.com", ""))
}

func TestCodesAreSentAndGuessedAtAFewTimesOnly(t *testing.T) {
	s, l := withCodes(t)
	post(t, s.URL+"/v1/accounts/code", `{"email":"ana@example.com"}`)
	right := l.code(t, "ana@example.com")
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	for range store.CodeTries {
		if got := post(t, s.URL+"/v1/accounts/verify", `{"email":"ana@example.com","code":"`+wrong+`"}`); got.status != http.StatusUnauthorized {
			t.Errorf("a guess: %+v", got)
		}
	}
	if got := post(t, s.URL+"/v1/accounts/verify", `{"email":"ana@example.com","code":"`+right+`"}`); got.status != http.StatusUnauthorized {
		t.Errorf("after five guesses: %+v", got)
	}
	for range 4 {
		post(t, s.URL+"/v1/accounts/code", `{"email":"bia@example.com"}`)
	}
	got := post(t, s.URL+"/v1/accounts/code", `{"email":"caio@example.com"}`)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the sixth code of a source: %+v", got)
	}
}

func TestAccountRequestsThatMakeNoSenseAreProblems(t *testing.T) {
	s, l := withCodes(t)
	for name, c := range map[string]struct{ path, body string }{
		"nothing":           {"accounts/code", `{}`},
		"both":              {"accounts/code", `{"email":"ana@example.com","phone":"+3906123456"}`},
		"no address":        {"accounts/code", `{"email":"ana"}`},
		"a second line":     {"accounts/code", `{"email":"ana@example.com\r\nBcc: eve@example.com"}`},
		"no number":         {"accounts/code", `{"phone":"06123456"}`},
		"another field":     {"accounts/code", `{"email":"ana@example.com","user":"ana"}`},
		"a short code":      {"accounts/verify", `{"email":"ana@example.com","code":"1"}`},
		"a hidden turn":     {"accounts/verify", `{"email":"ana@example.com","code":"123456","name":"a\u202eb"}`},
		"a device's turn":   {"accounts/verify", `{"email":"ana@example.com","code":"123456","deviceName":"a\u202eb"}`},
		"a short secret":    {"accounts/refresh", `{"refresh":"x"}`},
		"a short link code": {"devices/link", `{"code":"x"}`},
	} {
		got := post(t, s.URL+"/v1/"+c.path, c.body)
		if got.status != http.StatusUnprocessableEntity || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	guess := strings.Repeat("x", 22)
	for path, body := range map[string]string{
		"accounts/refresh": `{"refresh":"` + guess + `"}`, "devices/link": `{"code":"` + guess + `","deviceName":"d"}`,
	} {
		if got := post(t, s.URL+"/v1/"+path, body); got.status != http.StatusUnauthorized {
			t.Errorf("%s: %+v", path, got)
		}
	}
	l.fails = enrol.ErrKind
	if got := post(t, s.URL+"/v1/accounts/code", `{"phone":"+3906123456"}`); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a kind that is not reached: %+v", got)
	}
	l.fails = errors.New("broken")
	if got := post(t, s.URL+"/v1/accounts/code", `{"phone":"+3906123456"}`); got.status != http.StatusServiceUnavailable {
		t.Errorf("a sender that is broken: %+v", got)
	}
}

func TestASuspendedAccountGetsNoToken(t *testing.T) {
	s, l := withCodes(t)
	sign := func() answer {
		t.Helper()
		post(t, s.URL+"/v1/accounts/code", `{"phone":"+3906123456"}`)
		return post(t, s.URL+"/v1/accounts/verify", `{"phone":"+3906123456","code":"`+l.code(t, "+3906123456")+`"}`)
	}
	ana := read(t, sign())
	if err := s.Store.Suspend(t.Context(), ana.User, store.Forever, "spam", ""); err != nil {
		t.Fatal(err)
	}
	if got := sign(); got.status != http.StatusForbidden || strings.Contains(got.body, "token") {
		t.Errorf("by its number: %+v", got)
	}
	if got := post(t, s.URL+"/v1/accounts/refresh", `{"refresh":"`+ana.Refresh+`"}`); got.status != http.StatusForbidden {
		t.Errorf("by its refresh secret: %+v", got)
	}
	if err := s.Store.Resume(t.Context(), ana.User); err != nil {
		t.Fatal(err)
	}
	read(t, sign())
}

// The canaries: nothing that lets anybody in, and no address, is in the
// database's files or in the log.
func TestAddressesCodesAndSecretsAreNowhereOnDisk(t *testing.T) {
	dir := t.TempDir()
	var log lines
	l := &letters{}
	s := signallingtest.Start(t, signallingtest.Options{
		Codes: l, DSN: "sqlite://" + filepath.Join(dir, "pronto.db"), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	const email, phone = "canary.seventeen@example.com", "+390698765432"
	secrets := []string{email, "canary.seventeen", phone, phone[1:]}
	for address, fields := range map[string]string{email: `"email":"` + email + `"`, phone: `"phone":"` + phone + `"`} {
		post(t, s.URL+"/v1/accounts/code", `{`+fields+`}`)
		post(t, s.URL+"/v1/accounts/verify", `{`+fields+`,"code":"000000"}`)
		got := read(t, post(t, s.URL+"/v1/accounts/verify", `{`+fields+`,"code":"`+l.code(t, address)+`"}`))
		next := read(t, post(t, s.URL+"/v1/accounts/refresh", `{"refresh":"`+got.Refresh+`"}`))
		secrets = append(secrets, got.Token, got.Refresh, next.Token)
		post(t, s.URL+"/v1/accounts/code", `{`+fields+`}`) // one that stays in the store
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 { // the database and its WAL
		t.Fatalf("%v (%v)", files, err)
	}
	text := log.text()
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		text += string(data)
	}
	if !strings.Contains(text, "usr_") {
		t.Error("not even the accounts are found: this test sees nothing")
	}
	for i, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("canary %d was found", i)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, code := range l.codes { // six digits are anywhere; as a value of their own they are not
		if strings.Contains(log.text(), code) {
			t.Error("a code is in the log")
		}
	}
}

// lines is a log that many may write to.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestWithoutASenderThereAreNoCodes(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	for _, path := range []string{"code", "verify"} {
		if got := post(t, s.URL+"/v1/accounts/"+path, `{"email":"ana@example.com","code":"123456"}`); got.status != http.StatusNotFound {
			t.Errorf("%s: %+v", path, got)
		}
	}
}
