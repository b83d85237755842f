package api_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bodies checks answers by the schemas of a description, which are JSON Schema in
// OpenAPI 3.1.
type bodies struct{ schemas *jsonschema.Compiler }

const descriptionURL = "https://pronto.example/openapi.json" // a name only: nothing is fetched

func bodiesOf(t testing.TB, description []byte) bodies {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(description))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(descriptionURL, document); err != nil {
		t.Fatal(err)
	}
	return bodies{c}
}

// check says how an answer differs from what is documented of its status. What is
// not JSON is a file, and as it is.
func (b bodies) check(o operation, status, kind, body string) error {
	if kind != "application/json" && kind != "application/problem+json" {
		return nil
	}
	at := descriptionURL + "#"
	for _, name := range []string{"paths", o.path, strings.ToLower(o.method), "responses", status, "content", kind, "schema"} {
		at += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
	}
	schema, err := b.schemas.Compile(at)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// The check finds what is wrong, or the contract test would show nothing.
func TestABodyThatIsNotAsDocumentedIsFound(t *testing.T) {
	b := bodiesOf(t, description(t))
	o := operation{method: "GET", path: "/v1/links/{link}/door"}
	for body, fine := range map[string]bool{
		`{"kind":"voice","title":""}`:                                 true,
		`{"kind":"voice","title":"","endsAt":"2030-01-01T00:00:00Z"}`: true,
		`{"kind":"voice","title":"","endsAt":"tomorrow"}`:             false,
		`{"kind":"voice","title":1}`:                                  false,
		`{"kind":"fax","title":""}`:                                   false,
		`{"kind":"voice"}`:                                            false,
		`{"kind":"voice","title":"","owner":"ana"}`:                   false,
	} {
		if err := b.check(o, "200", "application/json", body); (err == nil) != fine {
			t.Errorf("%s: %v", body, err)
		}
	}
}
