package contact_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/contact"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// book is an account with an address book that uploads as the server does.
type book struct {
	t      testing.TB
	key    contact.Key
	sketch contact.Sketch
	now    time.Time
	asked  map[string]bool
	// answers counts the numbers that the account was told about.
	answers int
}

func newBook(t testing.TB) *book {
	return &book{t: t, key: key(t, "k"), now: start, asked: map[string]bool{}}
}

// upload asks about numbers and takes others away; found says who has an
// account. It returns the error of the budget.
func (b *book) upload(add, remove []string, found func(string) bool) error {
	b.t.Helper()
	var step contact.Step
	for _, text := range add {
		if b.asked[text] {
			continue
		}
		step.Places = append(step.Places, b.key.Place(parse(b.t, text)))
		if !found(text) {
			step.Missed++
		}
	}
	step.Removed = len(remove)
	after, err := b.sketch.Spend(step, b.now)
	if err != nil {
		var exceeded *contact.Exceeded
		if !errors.As(err, &exceeded) || exceeded.After <= 0 || exceeded.After > 14*24*time.Hour {
			b.t.Fatalf("the error is %v", err)
		}
		return err
	}
	text, err := after.Encode()
	if err != nil {
		b.t.Fatal(err)
	}
	if b.sketch, err = contact.DecodeSketch(text); err != nil {
		b.t.Fatal(err)
	}
	b.answers += len(step.Places)
	for _, text := range remove {
		delete(b.asked, text)
	}
	for _, text := range add {
		b.asked[text] = true
	}
	return nil
}

func nobody(string) bool { return false }

// mobiles are n numbers as people have them: anywhere in their country's
// ranges.
func mobiles(r *rand.Rand, n int) []string {
	list := make([]string, n)
	for i := range list {
		switch i % 4 {
		case 0:
			list[i] = fmt.Sprintf("+39333%07d", r.IntN(1e7))
		case 1:
			list[i] = fmt.Sprintf("+55119%08d", 1e7+r.IntN(8e7))
		case 2:
			list[i] = fmt.Sprintf("+3519%08d", 1e7+r.IntN(3e7))
		default:
			list[i] = fmt.Sprintf("+3906%08d", 1e7+r.IntN(8e7)) // of one town
		}
	}
	return list
}

// extensions are n numbers of one company's switchboards, next to one another.
func extensions(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("+39024455%04d", i)
	}
	return list
}

// people has one in twenty, the same always.
func people(text string) bool { return text[len(text)-1] == '7' && text[len(text)-2]%2 == 0 }

func TestRealisticAddressBooksPass(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	books := map[string][]string{
		"a person with 350 numbers":                                      mobiles(r, 350),
		"a shop with 2,000 customers":                                    mobiles(r, 2000),
		"an employee with 300 numbers and 250 of colleagues":             append(mobiles(r, 300), extensions(250)...),
		"somebody on an island of 100,000 numbers, with 600 of them":     island(r, 600),
		"an employee who has nothing but 300 extensions in one building": extensions(300),
	}
	for name, all := range books {
		for where, found := range map[string]func(string) bool{"a new server": nobody, "a busy server": people} {
			t.Run(name+" on "+where, func(t *testing.T) {
				b := newBook(t)
				for len(all) > 0 {
					part := all[:min(len(all), 500)]
					all = all[len(part):]
					if err := b.upload(part, nil, found); err != nil {
						t.Fatalf("the first sync after %d numbers: %v", b.answers, err)
					}
				}
				for day := range 14 {
					b.now = b.now.Add(24 * time.Hour)
					gone := make([]string, 0, 10)
					for text := range b.asked {
						if len(gone) < cap(gone) {
							gone = append(gone, text)
						}
					}
					if err := b.upload(mobiles(r, 50), gone, found); err != nil {
						t.Fatalf("50 numbers on day %d: %v", day+1, err)
					}
				}
			})
		}
	}
}

// island are n numbers of a country that has five digits (+500).
func island(r *rand.Rand, n int) []string {
	list := make([]string, n)
	for i, at := range r.Perm(80_000)[:n] {
		list[i] = fmt.Sprintf("+500%05d", 20_000+at)
	}
	return list
}

// Whoever counts through a range gets few answers, in whatever parts and order
// he asks, and whether or not he throws away what he has learnt.
func TestEnumerationIsCutOff(t *testing.T) {
	const weekly = 5000
	most := 0
	r := rand.New(rand.NewPCG(3, 4))
	next := 0
	sequential := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("+39333%07d", next)
			next++
		}
		return list
	}
	shuffled := r.Perm(100_000)
	strategies := map[string]struct {
		want int
		ask  func(b *book) []string
		keep bool
	}{
		"counting up, 500 at a time":              {600, func(*book) []string { return sequential(500) }, true},
		"counting up, 50 at a time":               {1000, func(*book) []string { return sequential(50) }, true},
		"counting up, one at a time":              {1000, func(*book) []string { return sequential(1) }, true},
		"counting up and throwing away":           {1000, func(*book) []string { return sequential(50) }, false},
		"a range of 100,000 in random order":      {weekly, func(*book) []string { return ranged(shuffled, &next, 50) }, true},
		"a range in random order, thrown away":    {weekly, func(*book) []string { return ranged(shuffled, &next, 50) }, false},
		"numbers of all countries":                {weekly, func(*book) []string { return mobiles(r, 50) }, true},
		"numbers of all countries, thrown away":   {2 * weekly / 3, func(*book) []string { return mobiles(r, 50) }, false},
		"as much as goes through, one at a time":  {weekly, func(*book) []string { return mobiles(r, 1) }, true},
		"a range that others have numbers around": {weekly, func(b *book) []string { return append(sequential(40), mobiles(r, 10)...) }, true},
	}
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			next = 0
			b := newBook(t)
			var list []string
			for b.now.Before(start.Add(7 * 24 * time.Hour)) {
				add := s.ask(b)
				var remove []string
				if !s.keep {
					remove = list
				}
				var exceeded *contact.Exceeded
				if errors.As(b.upload(add, remove, nobody), &exceeded) {
					b.now = b.now.Add(min(exceeded.After, 6*time.Hour))
					continue
				}
				list = add
			}
			if b.answers > s.want {
				t.Errorf("%d answers in a week, want at most %d", b.answers, s.want)
			}
			most = max(most, b.answers)
		})
	}
	if most < contact.NumbersAtOnce {
		t.Errorf("the best strategy got %d answers; the harness asks too little", most)
	}
}

func ranged(order []int, next *int, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("+39333%07d", order[*next%len(order)])
		*next++
	}
	return list
}

func TestABudgetComesBackWithTimeAndIsNeverMoreThanItWas(t *testing.T) {
	b := newBook(t)
	r := rand.New(rand.NewPCG(5, 6))
	if err := b.upload(mobiles(r, contact.NumbersAtOnce), nil, people); err != nil {
		t.Fatal(err)
	}
	var exceeded *contact.Exceeded
	if err := b.upload(mobiles(r, 125), nil, people); !errors.As(err, &exceeded) {
		t.Fatalf("the error is %v", err)
	}
	if got := exceeded.After.Round(time.Minute); got != 12*time.Hour {
		t.Errorf("the wait for half a day's numbers is %v", got)
	}
	b.now = b.now.Add(exceeded.After)
	if err := b.upload(mobiles(r, 125), nil, people); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	b.now = b.now.Add(-48 * time.Hour)
	if err := b.upload(mobiles(r, 1), nil, people); !errors.As(err, &exceeded) {
		t.Errorf("after the clock went back: %v", err)
	}
	b.now = b.now.Add(365 * 24 * time.Hour)
	if err := b.upload(mobiles(r, contact.NumbersAtOnce+1), nil, people); !errors.As(err, &exceeded) {
		t.Errorf("more than the budget after a year: %v", err)
	}
	if err := b.upload(nil, mobiles(r, 5000), people); err != nil {
		t.Errorf("removing was refused: %v", err)
	}
}

func TestBlockingNumbersHasABudgetOfItsOwn(t *testing.T) {
	var s contact.Sketch
	var err error
	for range contact.BlocksAtOnce {
		if s, err = s.Spend(contact.Step{Blocks: 1}, start); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = s.Spend(contact.Step{Blocks: 1}, start); err == nil {
		t.Error("one more was let through")
	}
	if s, err = s.Spend(contact.Step{Blocks: contact.BlocksADay}, start.Add(24*time.Hour)); err != nil {
		t.Errorf("a day later: %v", err)
	}
	if s.Numbers != contact.NumbersAtOnce {
		t.Errorf("%v numbers are left", s.Numbers)
	}
}

func TestASketchIsReadAsItWasWrittenAndABrokenOneIsNot(t *testing.T) {
	want, err := contact.Sketch{}.Spend(contact.Step{Places: []byte{0, 7, 255}, Missed: 2, Removed: 1, Blocks: 3}, start)
	if err != nil {
		t.Fatal(err)
	}
	text, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := contact.DecodeSketch(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if zero, err := contact.DecodeSketch(""); err != nil || zero != (contact.Sketch{}) {
		t.Errorf("the empty text is %v, %v", zero, err)
	}
	for _, text := range []string{"{", "{}", `{"places":"AA"}`, `{"places":"*"}`, `{"asked":"many"}`} {
		if _, err := contact.DecodeSketch(text); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}
