package wire

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
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
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		limit, limited, err := ParseLimit(field.Tag.Get("limit"))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		value := v.Field(i)
		if limited {
			if err := limit.check(value); err != nil {
				return fmt.Errorf("%s %w", name, err)
			}
		}
		optional := strings.Contains(field.Tag.Get("json"), "omitzero")
		if err := checkValue(value, optional); err != nil {
			return fmt.Errorf("%s %w", name, err)
		}
	}
	return nil
}

func checkValue(v reflect.Value, optional bool) error {
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
