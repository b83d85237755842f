package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// remote is a server that runs, and the API key that commands come to it by.
type remote struct {
	URL     string `name:"url" env:"PRONTO_URL" default:"http://localhost:8080" help:"The server's page."`
	KeyFile string `name:"key-file" placeholder:"FILE" help:"File with the API key, a dot and its secret; else they are taken from PRONTO_API_KEY."`
}

// unreachableError says that no server answered.
type unreachableError struct{ error }

func (e unreachableError) Unwrap() error { return e.error }

// refusedError is a problem (RFC 9457) that the server answered with.
type refusedError struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Errors []struct {
		Detail  string `json:"detail"`
		Pointer string `json:"pointer"`
	} `json:"errors"`
}

func (e *refusedError) Error() string {
	text := "the server refuses: " + e.Title
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	for _, part := range e.Errors {
		text += fmt.Sprintf("; %s %s", strings.TrimPrefix(part.Pointer, "#/"), part.Detail)
	}
	if e.Code == "unauthenticated" {
		text += ". PRONTO_API_KEY or --key-file must have the key, a dot and the secret that pronto keys create printed"
	}
	return text
}

// base is the address of the server without a slash at its end.
func (r remote) base() (string, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", configError{fmt.Errorf("--url or PRONTO_URL is %q, not an address such as https://calls.example.com", r.URL)}
	}
	return strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/"), nil
}

// credentials are the key, a dot and its secret. They are no argument, because
// everybody on a machine sees arguments.
func (r remote) credentials() (string, error) {
	key := os.Getenv("PRONTO_API_KEY")
	if r.KeyFile != "" {
		data, err := os.ReadFile(r.KeyFile)
		if err != nil {
			return "", configError{fmt.Errorf("--key-file cannot be read: %w", err)}
		}
		key = string(data)
	}
	key = strings.TrimSpace(key)
	if key == "" {
		return "", configError{errors.New("the API key is missing: put it, a dot and its secret into PRONTO_API_KEY, or into a file that --key-file names; pronto keys create makes one")}
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", configError{errors.New("the API key is none: it is the key, a dot and its secret, in one word")}
	}
	return key, nil
}

// asks makes one request of the HTTP API. body and reply may be nil.
func (r remote) asks(ctx context.Context, method, path string, body, reply any) error {
	base, err := r.base()
	if err != nil {
		return err
	}
	key, err := r.credentials()
	if err != nil {
		return err
	}
	data := []byte{}
	if body != nil {
		if data, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return unreachableError{fmt.Errorf("no server answers at %s; is it running, and is --url or PRONTO_URL right? (%w)", base, errors.Unwrap(err))}
	}
	defer response.Body.Close()
	const most = 4 << 20
	answer, err := io.ReadAll(io.LimitReader(response.Body, most))
	if err != nil {
		return unreachableError{fmt.Errorf("the answer of %s breaks off: %w", base, err)}
	}
	return read(response, answer, reply)
}

// read makes of an answer what was asked for, or the error that it is.
func read(response *http.Response, answer []byte, reply any) error {
	if response.StatusCode > 299 {
		refused := &refusedError{}
		if json.Unmarshal(answer, refused) != nil || refused.Title == "" { // not from Pronto: a proxy's, perhaps
			refused.Title = response.Status
		}
		return refused
	}
	if reply == nil {
		return nil
	}
	if err := json.Unmarshal(answer, reply); err != nil {
		return fmt.Errorf("the server's answer is not what Pronto answers; is --url the address of its page? (%w)", err)
	}
	return nil
}
