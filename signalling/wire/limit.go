package wire

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Limit is the range of a `limit:"low..high"` tag: bytes of a string, elements
// of a slice, or the value of a number.
type Limit struct {
	Low, High float64
}

// ParseLimit reads a limit tag. The empty tag is no limit.
func ParseLimit(tag string) (limit Limit, ok bool, err error) {
	if tag == "" {
		return Limit{}, false, nil
	}
	low, high, found := strings.Cut(tag, "..")
	if !found {
		return Limit{}, false, fmt.Errorf("limit %q has no dots", tag)
	}
	if limit.Low, err = strconv.ParseFloat(low, 64); err != nil {
		return Limit{}, false, fmt.Errorf("limit %q: %w", tag, err)
	}
	if limit.High, err = strconv.ParseFloat(high, 64); err != nil {
		return Limit{}, false, fmt.Errorf("limit %q: %w", tag, err)
	}
	return limit, true, nil
}

// Enum is a named string with a closed list of values.
type Enum interface{ Values() []string }

type checker interface{ Check() error }

// checkLimits walks a decoded message and returns what is outside its limits,
// with the name of the field as JSON has it.
func checkLimits(v reflect.Value) error {
	for i, r := range rulesOf(v.Type()) {
		value := v.Field(i)
		if r.err != nil {
			return fmt.Errorf("%s: %w", r.name, r.err)
		}
		if r.limited {
			if err := r.limit.check(value); err != nil {
				return fmt.Errorf("%s %w", r.name, err)
			}
		}
		if err := checkValue(value, r.optional); err != nil {
			return fmt.Errorf("%s %w", r.name, err)
		}
	}
	return nil
}

// rule is what a field's tags say.
type rule struct {
	name              string
	limit             Limit
	limited, optional bool
	err               error // of a limit that cannot be read
}

// rules are those of the fields of each struct that was checked before, by its
// reflect.Type: tags are slow to read.
var rules sync.Map

func rulesOf(t reflect.Type) []rule {
	if known, ok := rules.Load(t); ok {
		return known.([]rule)
	}
	list := make([]rule, t.NumField())
	for i := range list {
		tag := t.Field(i).Tag
		r := &list[i]
		r.name, _, _ = strings.Cut(tag.Get("json"), ",")
		r.limit, r.limited, r.err = ParseLimit(tag.Get("limit"))
		r.optional = strings.Contains(tag.Get("json"), "omitzero")
	}
	rules.Store(t, list)
	return list
}

func checkValue(v reflect.Value, optional bool) error {
	if v.Type().NumMethod() == 0 {
		return checkInside(v)
	}
	if enum, ok := v.Interface().(Enum); ok {
		if (!optional || v.String() != "") && !slices.Contains(enum.Values(), v.String()) {
			return fmt.Errorf("is none of %s", strings.Join(enum.Values(), ", "))
		}
		return nil
	}
	if c, ok := v.Interface().(checker); ok {
		if !optional && v.String() == "" {
			return errors.New("is empty")
		}
		return c.Check()
	}
	return checkInside(v)
}

// checkInside checks what a value is made of.
func checkInside(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		return checkLimits(v)
	case reflect.Pointer:
		if !v.IsNil() {
			return checkLimits(v.Elem())
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0)) // so that it is [] and not null wherever it goes
		}
		for i := range v.Len() {
			if err := checkValue(v.Index(i), false); err != nil {
				return fmt.Errorf("[%d] %w", i, err)
			}
		}
	}
	return nil
}

func (l Limit) check(v reflect.Value) error {
	n, what := 0.0, ""
	switch v.Kind() {
	case reflect.String:
		n, what = float64(v.Len()), "bytes"
	case reflect.Slice:
		n, what = float64(v.Len()), "elements"
	case reflect.Uint32, reflect.Uint16, reflect.Uint8:
		n, what = float64(v.Uint()), "as its value"
	case reflect.Int32, reflect.Int64:
		n, what = float64(v.Int()), "as its value"
	case reflect.Float64:
		n, what = v.Float(), "as its value"
	}
	if !(n >= l.Low && n <= l.High) { // written so that NaN fails
		return fmt.Errorf("has %v %s; %v to %v are allowed", n, what, l.Low, l.High)
	}
	return nil
}
