package wire

import "reflect"

// filled is v with an empty list wherever a list is nil, so that no reader ever
// meets null in place of []. It changes nothing in v: the copy has its own
// lists where one of their elements may hold another list.
func filled(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(filled(v.Elem()))
		return p
	case reflect.Struct:
		s := reflect.New(v.Type()).Elem()
		s.Set(v)
		for i := range s.NumField() {
			s.Field(i).Set(filled(v.Field(i)))
		}
		return s
	case reflect.Slice:
		if v.Len() > 0 && v.Type().Elem().Kind() != reflect.Struct {
			return v
		}
		l := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			l.Index(i).Set(filled(v.Index(i)))
		}
		return l
	}
	return v
}
