package store_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// copied is the copy of an account, by section.
func copied(t *testing.T, s *store.Store, user string) map[string][]map[string]any {
	t.Helper()
	found := map[string][]map[string]any{}
	ok(t, s.CopyAccount(t.Context(), user, func(section string, row []byte) error {
		var r map[string]any
		ok(t, json.Unmarshal(row, &r))
		found[section] = append(found[section], r)
		return nil
	}))
	return found
}

// Who adds a table or a column has to say whether its owner gets it.
func TestACopyCoversEveryTableAndColumn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		covered := map[string]bool{}
		for table, why := range store.Withheld {
			covered[table] = why != ""
		}
		for _, section := range store.Sections {
			if covered[section.Table()] {
				t.Errorf("%s is told twice, or told and withheld", section.Table())
			}
			covered[section.Table()] = true
			told := section.Told()
			for _, column := range value(s.Columns(t.Context(), section.Table()))(t) {
				isTold := column == section.Owner()
				for _, sql := range told {
					isTold = isTold || sql == column
				}
				if isTold == (section.Withheld()[column] != "") {
					t.Errorf("%s.%s is to be told by the section %s or withheld for a reason", section.Table(), column, section.Name)
				}
			}
		}
		tables := value(s.Tables(t.Context()))(t)
		for _, table := range tables {
			if !covered[table] {
				t.Errorf("the table %s is in no section of a copy, and not withheld for a reason", table)
			}
		}
		for table := range covered {
			if !slices.Contains(tables, table) {
				t.Errorf("there is no table %s any more", table)
			}
		}
	})
}

// fillHers is fill, and what of hers it has only of others.
func fillHers(t *testing.T, s *store.Store) {
	t.Helper()
	fill(t, s)
	ok(t, s.SetQueue(t.Context(), "usr-ana", store.Queue{LinkID: "link-usr-ana", Operators: []string{"usr-ana"}}))
	ok(t, s.Exec(t.Context(), `UPDATE notes SET delivered = TRUE`))
	ok(t, s.Exec(t.Context(), `INSERT INTO stranger_calls (caller_id, callee_id, call_id, at_ms) VALUES ('usr-ana', 'bia', 'c9', 1)`))
	ok(t, s.Exec(t.Context(), `INSERT INTO decisions (callee_id, id, caller_id, caller_name, call_id, path, verdict, reason, at_ms)
		VALUES ('usr-ana', 'd1', 'caio', 'Caio', 'c2', 'ring', 'allowed', 'allowed', 1)`))
}

// told is a value of the database as JSON gives it back.
func told(t *testing.T, v any, moment bool) string {
	t.Helper()
	switch v := v.(type) {
	case int64:
		if moment && v == 0 {
			return "<nil>"
		}
		if moment {
			return time.UnixMilli(v).UTC().Format(time.RFC3339Nano)
		}
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	}
	return fmt.Sprint(v)
}

func TestACopyHasTheValueOfEveryColumn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fillHers(t, s)
		found := copied(t, s, "usr-ana")
		for _, section := range store.Sections {
			rows := found[section.Name]
			if len(rows) == 0 {
				t.Errorf("the copy has no %s", section.Name)
				continue
			}
			for name, column := range section.Told() {
				want := told(t, value(s.Value(t.Context(), &section, column, "usr-ana"))(t), section.Moment(name))
				got, has := rows[0][name]
				switch text := fmt.Sprint(got); {
				case !has:
					t.Errorf("%s has no %s", section.Name, name)
				case text == want, want == "1" && got == true, want == "0" && got == false:
				case strings.HasPrefix(want, "[") || strings.HasPrefix(want, "{"): // JSON in JSON
					var parsed any
					ok(t, json.Unmarshal([]byte(want), &parsed))
					equal(t, section.Name+"."+name, text, fmt.Sprint(parsed))
				default:
					number, isNumber := got.(float64)
					if !isNumber || fmt.Sprintf("%.0f", number) != want {
						t.Errorf("%s.%s is %v, want %s", section.Name, name, got, want)
					}
				}
			}
		}
	})
}

func TestACopyHasNoSecretAndNothingThatIsHidden(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fillHers(t, s)
		ok(t, s.Suspend(t.Context(), "usr-ana", store.Forever, "reported-by-bia", ""))
		found := copied(t, s, "usr-ana")
		text := string(value(json.Marshal(found))(t))
		for _, hidden := range []string{"hash-ana", `"h8"`, `"h9"`, `"r1"`, `"t1"`, `"b1"`, "reported-by-bia", `"a1"`} {
			if strings.Contains(text, hidden) {
				t.Errorf("%s is in the copy", hidden)
			}
		}
		equal(t, "blocks: her own, and not who has blocked her", fmt.Sprint(len(found["blocks"]), " ", found["blocks"][0]["user"]), "1 bia")
		equal(t, "decisions: hers, and not what became of her at others'", fmt.Sprint(len(found["decisions"]), " ", found["decisions"][0]["from"]), "1 caio")
		equal(t, "notes for her, and not whether hers still wait", fmt.Sprint(len(found["notesWaiting"]), " ", found["notesWaiting"][0]["from"]), "1 caio")
	})
}

func TestACopyIsReadInPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia")
		for i := range 2*store.CopyPage + 1 {
			ok(t, s.Exec(t.Context(), `INSERT INTO call_log (user_id, call_id, direction, peer_name, peer_ids, kind, outcome, started_ms, duration_ms)
				VALUES ('ana', $1, 'incoming', 'Bia', '[]', 'voice', 'answered', $2, 0)`, fmt.Sprint("c", i), i/2))
		}
		calls := map[any]bool{}
		for _, row := range copied(t, s, "ana")["calls"] {
			calls[row["call"]] = true
		}
		equal(t, "the calls", len(calls), 2*store.CopyPage+1)
		equal(t, "the calls of another", len(copied(t, s, "bia")["calls"]), 0)
		fails(t, s.CopyAccount(t.Context(), "nobody", nil), store.ErrNotFound)
		enough := errors.New("enough")
		fails(t, s.CopyAccount(t.Context(), "ana", func(string, []byte) error { return enough }), enough)
	})
}
