// Command go-tokens is a back end that gives its users tokens for Pronto:
//
//	PRONTO_API_KEY=ck_….cs_… go run ./web/embed/examples/go-tokens
//
// It is the key, a dot and its secret, as printed by pronto keys create. The token
// is made here; Pronto is not asked.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// token signs for one of our users. Ten minutes are enough to connect; a session
// that it opened goes on.
func token(key, secret, user, name string) (string, error) {
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": key, "aud": "pronto", "sub": user, "name": name,
		"iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		"grants": map[string]any{"account": true},
	}).SignedString([]byte(secret))
}

func main() {
	key, secret, ok := strings.Cut(os.Getenv("PRONTO_API_KEY"), ".")
	if !ok {
		log.Fatal("PRONTO_API_KEY has no key, a dot and its secret")
	}
	http.HandleFunc("GET /my-token", func(w http.ResponseWriter, r *http.Request) {
		user := "ana" // your own session says who asks; never the request itself
		text, err := token(key, secret, user, "Ana")
		if err != nil {
			http.Error(w, "no token", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, text)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
