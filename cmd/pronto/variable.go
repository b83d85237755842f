package main

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// variable is one environment variable.
type variable struct {
	field    string
	Name     string `json:"name"`
	Fallback string `json:"default"`
	Help     string `json:"meaning"`
}

// variables lists the variables of config in order.
func variables() []variable {
	t := reflect.TypeFor[config]()
	list := make([]variable, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		list = append(list, variable{f.Name, f.Tag.Get("env"), f.Tag.Get("envDefault"), f.Tag.Get("help")})
	}
	return list
}

func known(name string) bool {
	for _, v := range variables() {
		if v.Name == name {
			return true
		}
	}
	return false
}

// variableTable is the table in the README.
func variableTable() string {
	var b strings.Builder
	b.WriteString("| variable | default | meaning |\n| --- | --- | --- |\n")
	for _, v := range variables() {
		fallback := "empty"
		if v.Fallback != "" {
			fallback = "`" + v.Fallback + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, fallback, v.Help)
	}
	return b.String()
}

// envCmd prints the table.
type envCmd struct{}

// Run implements the command.
func (envCmd) Run(s *screen) error {
	return s.show(variables(), func(out io.Writer) error {
		_, err := io.WriteString(out, variableTable())
		return err
	})
}
