package identity_test

import (
	"errors"
	"strings"
	"testing"

	"pronto/signalling/identity"
)

// Names that others would take for the service, and names that are like them.
var (
	pretending = []string{
		"Pronto", "PRONTO", "pronto!", "P r o n t o", "Pro nto", "Pronto.", "«Pronto»", "Pronto Support", "The official Pronto team", "Pronto 24/7", "Pronto®",
		"Support", "Supp0rt", "5upport", "Support 1", "Customer support", "Technical Support Team", "Help", "He1p", "HeIp", "Help-Desk", "Admin", "admin ", "ADMINS", "Adm1n", "Administrator",
		"System", "Sys\u00a0tem", "S\u2003y\u2003s\u2003t\u2003e\u2003m", "root", "Security", "Customer service",
		"Assistenza", "Assistenza clienti", "Servizio clienti", "Amministratore", "Supporto tecnico", "Sistema", "Sicurezza", "Il supporto di Pronto",
		"Suporte", "Suporte técnico", "Administração", "Assistência ao cliente", "Segurança", "Ajuda", "Atendimento ao cliente", "Equipe de suporte",
		"Ｓｕｐｐｏｒｔ", "𝐒𝐮𝐩𝐩𝐨𝐫𝐭", "Ⓢⓤⓟⓟⓞⓡⓣ", "ˢᵘᵖᵖᵒʳᵗ", "Súppört", "S\u0323upport", "Support\u3164", "Sup\u2800port", "ꜱᴜᴘᴘᴏʀᴛ", "Pr\u043ent\u043e", "\u0420r\u041ent\u041e", "\u0391dmin", "ѕуѕтем",
	}
	harmless = []string{
		"", "Ana", "Bia Ferreira", "Choir", "Support group Milan", "Pronto soccorso", "Pronto Pizza", "Help us move", "The team", "Team", "Staff", "Service", "Call", "Customers",
		"Ada Minelli", "Systematic", "Rooted", "Servizi", "Da Silva", "Lo Cascio", "Official", "支持", "支援", "Поддержка клуба", "24/7", "!", "l", "1", "Sicurezza stradale", "Ajuda de custo", "Serviço",
	}
)

// An account may not call itself, or what is its own, what others would take for the
// service; what only has such a word in it passes.
func TestNoNameReadsAsTheServicesOwn(t *testing.T) {
	for _, name := range pretending {
		if err := identity.CheckOwnName(name); !errors.Is(err, identity.ErrReserved) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range harmless {
		if err := identity.CheckOwnName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Signs and spaces around a name, its case and a title before it change nothing of
// the answer, and no name takes long.
func FuzzOwnName(f *testing.F) {
	for _, name := range append(pretending, harmless...) {
		f.Add(name)
	}
	f.Add(strings.Repeat("a", 80))
	f.Add(strings.Repeat("\ufdfa", 80))
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 320 { // 80 characters, as titles have
			return
		}
		err := identity.CheckOwnName(name)
		for _, dressed := range []string{" " + name + " ", "«" + name + "»", "\u2800" + name + "\u2003"} {
			if got := identity.CheckOwnName(dressed); !errors.Is(got, err) {
				t.Errorf("%q is %v, %q is %v", name, err, dressed, got)
			}
		}
		if err != nil && identity.CheckOwnName("The "+name) == nil {
			t.Errorf("%q is refused, and passes with an article", name)
		}
	})
}
