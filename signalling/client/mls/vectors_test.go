package mls

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// octets are bytes that JSON gives as hex.
type octets []byte

func (o *octets) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return err
	}
	raw, err := hex.DecodeString(*s)
	*o = raw
	if raw == nil {
		*o = octets{}
	}
	return err
}

// kinds are the kinds of vectors, by the names of their files.
var kinds = map[string]func(*testing.T, []byte){
	"crypto-basics": cryptoBasicsVectors, "deserialization": lengthsVectors, "key-schedule": keyScheduleVectors,
	"message-protection": messageProtectionVectors, "messages": messageVectors,
	"passive-client-handling-commit": passiveVectors, "passive-client-random": passiveVectors,
	"passive-client-welcome": passiveVectors, "psk_secret": preSharedKeysVectors,
	"transcript-hashes": transcriptHashesVectors, "tree-math": treeMathVectors, "tree-operations": treeOperationsVectors,
	"tree-validation": treeValidationVectors, "treekem": treeKEMVectors, "welcome": welcomesVectors,
}

// TestVectorsOfTheWorkingGroupHold runs those that came with RFC 9420; testdata/rfc9420/README.md says which.
func TestVectorsOfTheWorkingGroupHold(t *testing.T) { vectors(t, "rfc9420", len(kinds)) }

// TestVectorsOfAnotherImplementationHold runs those that web/sdk/test/mls-vectors.mjs has
// written with ts-mls, in the same format.
func TestVectorsOfAnotherImplementationHold(t *testing.T) { vectors(t, "vectors", 8) }

// vectors runs the files of a directory, of which there must be so many.
func vectors(t *testing.T, dir string, want int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
	if err != nil || len(files) != want {
		t.Fatalf("%d files in %s, want %d: %v", len(files), dir, want, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		run := kinds[name]
		if run == nil {
			t.Fatalf("nothing runs %s", file)
		}
		t.Run(name, func(t *testing.T) { run(t, b) })
	}
}

// each calls f for each vector of our suite.
func each[T any](t *testing.T, file []byte, f func(t *testing.T, v T)) {
	t.Helper()
	var list []json.RawMessage
	if err := json.Unmarshal(file, &list); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for i, raw := range list {
		suite := struct {
			Suite   int    `json:"cipher_suite"`
			Package octets `json:"mls_key_package"` // of messages, which have no suite
		}{Suite: Suite}
		var v T
		if err := errors.Join(json.Unmarshal(raw, &suite), json.Unmarshal(raw, &v)); err != nil {
			t.Fatal(err)
		}
		if suite.Suite != Suite || len(suite.Package) > 8 && suite.Package[7] != Suite {
			continue
		}
		ran++
		t.Run(fmt.Sprint(i), func(t *testing.T) { f(t, v) })
	}
	if ran == 0 {
		t.Fatal("no vectors of our suite")
	}
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s is %x, want %x", what, got, want)
	}
}

func must[T any](t testing.TB, what string) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return v
	}
}

func treeMathVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Leaves  int     `json:"n_leaves"`
		Nodes   int     `json:"n_nodes"`
		Root    node    `json:"root"`
		Left    []*node `json:"left"`
		Right   []*node `json:"right"`
		Parent  []*node `json:"parent"`
		Sibling []*node `json:"sibling"`
	}) {
		if root(v.Leaves) != v.Root || 2*v.Leaves-1 != v.Nodes {
			t.Errorf("%d leaves: the root is %d", v.Leaves, root(v.Leaves))
		}
		for i := range v.Nodes {
			x := node(i)
			if l := v.Left[i]; (l == nil) != x.isLeaf() || l != nil && (x.left() != *l || x.right() != *v.Right[i]) {
				t.Errorf("the children of %d", x)
			}
			if p := v.Parent[i]; (p == nil) != (x == v.Root) || p != nil && (x.parent() != *p || x.sibling() != *v.Sibling[i]) {
				t.Errorf("the parent of %d", x)
			}
		}
	})
}

func lengthsVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Header octets `json:"vlbytes_header"`
		Length int    `json:"length"`
	}) {
		r := reader{b: v.Header}
		got := r.length()
		if v.Length > maxVector {
			if !errors.Is(r.err, ErrMalformed) {
				t.Errorf("%d bytes were accepted", v.Length)
			}
			return
		}
		if r.err != nil || got != v.Length {
			t.Errorf("%x is %d (%v), want %d", []byte(v.Header), got, r.err, v.Length)
		}
	})
}

func cryptoBasicsVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		RefHash struct {
			Label string
			Value octets
			Out   octets
		} `json:"ref_hash"`
		Expand struct {
			Secret  octets
			Label   string
			Context octets
			Length  int
			Out     octets
		} `json:"expand_with_label"`
		Derive struct {
			Secret octets
			Label  string
			Out    octets
		} `json:"derive_secret"`
		Sign struct {
			Priv, Pub, Content octets
			Label              string
			Signature          octets
		} `json:"sign_with_label"`
		Encrypt struct {
			Priv, Pub          octets
			Label              string
			Context, Plaintext octets
			KEMOutput          octets `json:"kem_output"`
			Ciphertext         octets
		} `json:"encrypt_with_label"`
	}) {
		same(t, "RefHash", refHash(v.RefHash.Label, v.RefHash.Value), v.RefHash.Out)
		same(t, "ExpandWithLabel", expandWithLabel(v.Expand.Secret, v.Expand.Label, v.Expand.Context, v.Expand.Length), v.Expand.Out)
		same(t, "DeriveSecret", deriveSecret(v.Derive.Secret, v.Derive.Label), v.Derive.Out)
		key := ed25519.NewKeyFromSeed(v.Sign.Priv)
		same(t, "the public key", key.Public().(ed25519.PublicKey), v.Sign.Pub)
		same(t, "SignWithLabel", signWithLabel(key, v.Sign.Label, v.Sign.Content), v.Sign.Signature)
		if !verifyWithLabel(v.Sign.Pub, v.Sign.Label, v.Sign.Content, v.Sign.Signature) {
			t.Error("the signature is not verified")
		}
		priv := must[hpkeKey](t, "key")(kem.NewPrivateKey(v.Encrypt.Priv))
		for _, c := range []ciphertext{
			{v.Encrypt.KEMOutput, v.Encrypt.Ciphertext},
			must[ciphertext](t, "encrypt")(encryptWithLabel(v.Encrypt.Pub, v.Encrypt.Label, v.Encrypt.Context, v.Encrypt.Plaintext)),
		} {
			got := must[[]byte](t, "decrypt")(decryptWithLabel(priv, v.Encrypt.Label, v.Encrypt.Context, c))
			same(t, "DecryptWithLabel", got, v.Encrypt.Plaintext)
		}
	})
}

func keyScheduleVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Group  octets `json:"group_id"`
		Init   octets `json:"initial_init_secret"`
		Epochs []struct {
			TreeHash   octets `json:"tree_hash"`
			Commit     octets `json:"commit_secret"`
			PSK        octets `json:"psk_secret"`
			Transcript octets `json:"confirmed_transcript_hash"`

			Context       octets `json:"group_context"`
			Joiner        octets `json:"joiner_secret"`
			Welcome       octets `json:"welcome_secret"`
			Init          octets `json:"init_secret"`
			Authenticator octets `json:"epoch_authenticator"`
			ExporterSec   octets `json:"exporter_secret"`
			External      octets `json:"external_secret"`
			Confirmation  octets `json:"confirmation_key"`
			Membership    octets `json:"membership_key"`
			Resumption    octets `json:"resumption_psk"`
			ExternalPub   octets `json:"external_pub"`
			Exporter      struct {
				Label   string
				Context octets
				Length  int
				Secret  octets
			}
		}
	}) {
		init := []byte(v.Init)
		for i, e := range v.Epochs {
			c := groupContext{group: v.Group, epoch: uint64(i), treeHash: e.TreeHash, transcript: e.Transcript}
			same(t, "the group context", encode(c.write), e.Context)
			joiner := joinerSecret(init, e.Commit, c)
			s := newEpochSecrets(joiner, e.PSK, c)
			same(t, "the joiner secret", joiner, e.Joiner)
			same(t, "the welcome secret", s.welcome, e.Welcome)
			same(t, "the same, alone", welcomeSecret(joiner, e.PSK), e.Welcome)
			same(t, "the init secret", s.init, e.Init)
			same(t, "the authenticator", s.authenticator, e.Authenticator)
			same(t, "the exporter secret", s.exporter, e.ExporterSec)
			same(t, "the external secret", s.external, e.External)
			same(t, "the confirmation key", s.confirmation, e.Confirmation)
			same(t, "the membership key", s.membership, e.Membership)
			key := must[hpkeKey](t, "external key")(s.externalKey())
			same(t, "the external key", key.PublicKey().Bytes(), e.ExternalPub)
			same(t, "an export", s.export(e.Exporter.Label, e.Exporter.Context, e.Exporter.Length), e.Exporter.Secret)
			init = s.init
		}
	})
}

func preSharedKeysVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		PSKs []struct {
			ID    octets `json:"psk_id"`
			PSK   octets `json:"psk"`
			Nonce octets `json:"psk_nonce"`
		} `json:"psks"`
		Secret octets `json:"psk_secret"`
	}) {
		var ids []pskID
		var keys [][]byte
		for _, p := range v.PSKs {
			ids, keys = append(ids, pskID{kind: pskExternal, id: p.ID, nonce: p.Nonce}), append(keys, p.PSK)
		}
		same(t, "the secret", pskSecret(ids, keys), v.Secret)
	})
}

func transcriptHashesVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Key       octets `json:"confirmation_key"`
		Content   octets `json:"authenticated_content"`
		Before    octets `json:"interim_transcript_hash_before"`
		Confirmed octets `json:"confirmed_transcript_hash_after"`
		After     octets `json:"interim_transcript_hash_after"`
	}) {
		a := must[*authenticated](t, "decode")(decode(v.Content, func(r *reader) *authenticated {
			a := &authenticated{format: r.u16(), content: readContent(r)}
			a.readAuth(r)
			return a
		}))
		same(t, "the content", encode(a.writeContent), v.Content)
		confirmed := confirmedTranscript(v.Before, a)
		same(t, "the confirmed hash", confirmed, v.Confirmed)
		same(t, "the interim hash", interimTranscript(confirmed, a.confirmation), v.After)
		same(t, "the confirmation", mac(v.Key, confirmed), a.confirmation)
	})
}

func messageProtectionVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Group         octets `json:"group_id"`
		Epoch         uint64 `json:"epoch"`
		TreeHash      octets `json:"tree_hash"`
		Transcript    octets `json:"confirmed_transcript_hash"`
		Priv          octets `json:"signature_priv"`
		Pub           octets `json:"signature_pub"`
		Membership    octets `json:"membership_key"`
		Proposal      octets `json:"proposal"`
		ProposalPub   octets `json:"proposal_pub"`
		Commit        octets `json:"commit"`
		CommitPub     octets `json:"commit_pub"`
		CommitPrivate octets `json:"commit_priv"`
	}) {
		c := groupContext{group: v.Group, epoch: v.Epoch, treeHash: v.TreeHash, transcript: v.Transcript}
		for i, b := range [][]byte{v.ProposalPub, v.CommitPub} {
			a := must[message](t, "parse")(parseMessage(b)).public
			if err := errors.Join(a.verify(v.Pub, c), a.verifyMembership(v.Membership, c)); err != nil {
				t.Errorf("message %d: %v", i, err)
			}
			if i == 0 {
				same(t, "the proposal", encode(a.content.proposal.write), v.Proposal)
			} else {
				same(t, "the commit", encode(a.content.commit.write), v.Commit)
			}
			a.sign(ed25519.NewKeyFromSeed(v.Priv), c)
			a.membershipTag = a.membership(v.Membership, c)
			same(t, "our message", message{public: a}.bytes(), b)
		}
		if _, err := parseMessage(v.CommitPrivate); !errors.Is(err, ErrMalformed) {
			t.Errorf("a private message: %v", err)
		}
	})
}

func welcomesVectors(t *testing.T, file []byte) {
	each(t, file, func(t *testing.T, v struct {
		Init    octets `json:"init_priv"`
		Signer  octets `json:"signer_pub"`
		Package octets `json:"key_package"`
		Welcome octets `json:"welcome"`
	}) {
		k := must[*KeyPackage](t, "key package")(ParseKeyPackage(v.Package))
		init := must[hpkeKey](t, "key")(kem.NewPrivateKey(v.Init))
		w := must[message](t, "welcome")(parseMessage(v.Welcome)).welcome
		secrets := must[groupSecrets](t, "open")(w.open(&Prepared{Package: k, init: init}))
		psk := make([]byte, hashSize)
		info := must[*groupInfo](t, "group info")(openGroupInfo(welcomeSecret(secrets.joiner, psk), w.sealed))
		if !verifyWithLabel(v.Signer, "GroupInfoTBS", encode(info.writeContent), info.signature) {
			t.Error("the group info's signature")
		}
		s := newEpochSecrets(secrets.joiner, psk, info.context)
		same(t, "the confirmation", mac(s.confirmation, info.context.transcript), info.confirmation)
	})
}
