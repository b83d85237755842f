package identity

import "pronto/signalling/wire"

// Demo are the people of a demo server: everybody can be any of them. They
// exist only where PRONTO_DEMO is true. The first four know each other; the
// last is nobody's contact.
var Demo = []wire.Person{
	{User: "ana", Name: "Ana"},
	{User: "bia", Name: "Bia"},
	{User: "carlo", Name: "Carlo"},
	{User: "dora", Name: "Dora"},
	{User: "ezio", Name: "Ezio"},
}

// DemoContacts are those of [Demo] who have each other in their contacts.
func DemoContacts() []wire.Person { return Demo[:len(Demo)-1] }
