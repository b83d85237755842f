package identity

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ErrReserved is a name that reads as the service's own.
var ErrReserved = errors.New("reads as if it were the service itself; choose one that says who you are")

// reserved are the words that a service calls itself by, in the languages of the
// page; each may stand for others of the same root only if that is listed too.
var reserved = []string{
	"pronto", "system", "root", "server", "webmaster", "postmaster",
	"admin", "admins", "administrator", "administrators", "administration",
	"support", "help", "helpdesk", "helpline", "customerservice", "customercare", "security", "moderator", "moderators",
	"sistema", "amministratore", "amministratori", "amministrazione", "supporto", "assistenza", "aiuto", "servizioclienti",
	"sicurezza", "moderatore", "moderatori",
	"administrador", "administradores", "administradora", "administracao", "suporte", "ajuda", "assistencia", "atendimento",
	"seguranca", "moderador", "moderadores", "servicoaocliente",
}

// longest is over the bytes of every one of the words.
const longest = 20

// beside are the words that change nothing of what the others pretend: "The official
// Pronto team".
var beside = []string{
	"the", "of", "by", "team", "staff", "desk", "center", "centre", "service", "services", "account", "call", "calls", "customer", "official", "technical", "tech",
	"il", "lo", "la", "del", "di", "da", "squadra", "servizio", "servizi", "clienti", "tecnico", "tecnica", "ufficiale",
	"o", "a", "ao", "do", "de", "equipe", "equipa", "servico", "servicos", "cliente", "clientes", "oficial",
}

// CheckOwnName refuses, with [ErrReserved], what a person may not call himself or
// what is his, for others would take it for the service: "Support", "Pronto team".
// Case, width, accents, spaces and signs make no difference, and letters of other
// scripts count as those that they look like. A name that says more passes:
// "Support group Milan". Whoever runs the service is not bound by it.
func CheckOwnName(name string) error {
	for _, digits := range []bool{true, false} { // "Supp0rt", "Support 24"
		if pretends(skeleton(name, digits)) {
			return ErrReserved
		}
	}
	return nil
}

// pretends tells whether a skeleton is nothing but reserved words, one at least,
// and words beside them. Where a word ends does not matter: "sup port".
func pretends(s string) bool {
	type reach struct{ plain, reserved bool } // whether the text up to here is such words, without and with a reserved one
	ways := make([]reach, len(s)+1)
	ways[0].plain = true
	for from := range len(s) {
		if !ways[from].plain && !ways[from].reserved {
			continue
		}
		for to := from + 1; to <= min(len(s), from+longest); to++ {
			switch word := s[from:to]; {
			case reservedSkeletons[word]:
				ways[to].reserved = true
			case besideSkeletons[word]:
				ways[to].plain = ways[to].plain || ways[from].plain
				ways[to].reserved = ways[to].reserved || ways[from].reserved
			}
		}
	}
	return ways[len(s)].reserved
}

// skeleton is what the eye keeps of a text: its letters in lower case, those that
// look alike as one, and its digits as letters, if they count.
func skeleton(text string, digits bool) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if _, known := alike[r]; !known {
			r = unicode.ToLower(r)
		}
		switch like, known := alike[r]; {
		case known && (digits || !unicode.IsDigit(r)):
			b.WriteRune(like)
		case !known && unicode.IsLetter(r) && !unseen[r]:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// likenesses are characters that pass for another one in the reserved words: letters
// of other scripts, capitals where the small one looks different, and digits. An l
// passes for an i, whose capital it looks like.
var likenesses = map[rune]string{
	'a': "аαɑᴀ4@", 'b': "ьвβʙ", 'c': "сϲᴄ", 'd': "ԁᴅ", 'e': "еєεᴇ3€", 'f': "ϝꜰ", 'g': "ɡԍɢ", 'h': "һнΗʜ", 'i': "lіıιɪʟ1ӏǀ",
	'k': "кκᴋ", 'm': "мμᴍ", 'n': "пηΝɴ", 'o': "оοσᴏø0", 'p': "рρᴘ", 'r': "гⲅʀ", 's': "ѕꜱ5$", 't': "тτᴛ", 'u': "υսᴜ", 'v': "ѵνᴠ",
	'w': "ԝωᴡ", 'x': "хχ", 'y': "уγΥʏ", 'z': "ᴢζ",
}

// OwnNameRules are the words and likenesses that [CheckOwnName] goes by, for clients:
// they alone can check a name that is encrypted.
func OwnNameRules() (reservedWords, wordsBeside []string, alike map[rune]string) {
	return reserved, beside, likenesses
}

var alike = func() map[rune]rune {
	m := map[rune]rune{}
	for like, others := range likenesses {
		for _, r := range others {
			m[r] = like
		}
	}
	return m
}()

var reservedSkeletons, besideSkeletons = skeletons(reserved), skeletons(beside)

// unseen are the letters that nothing is drawn for.
var unseen = map[rune]bool{'\u115f': true, '\u1160': true, '\u3164': true, '\uffa0': true}

// skeletons are words as [skeleton] leaves them.
func skeletons(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, word := range words {
		set[skeleton(word, true)] = true
	}
	return set
}
