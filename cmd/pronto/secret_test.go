package main

import (
	"bytes"
	"testing"

	"pronto/signalling/contact"
)

func TestTheHashOfANumberIsTheSameAfterARestartAndAnotherElsewhere(t *testing.T) {
	n, err := contact.Parse("+393331234567")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(master string) string {
		all, err := newSecrets(bytes.Repeat([]byte(master), masterKeyBytes))
		if err != nil {
			t.Fatal(err)
		}
		return all.numbers.Hash(n)
	}
	if first, second := hash("a"), hash("a"); first != second {
		t.Error("one master key makes two hashes")
	}
	if hash("a") == hash("b") {
		t.Error("two master keys make one hash")
	}
}
