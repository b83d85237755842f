package main

import (
	"fmt"
	"reflect"
	"strings"
)

// variable is one environment variable.
type variable struct{ field, name, fallback, help string }

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
		if v.name == name {
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
		if v.fallback != "" {
			fallback = "`" + v.fallback + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.name, fallback, v.help)
	}
	return b.String()
}

// envCmd prints the table.
type envCmd struct{}

// Run implements the command.
func (envCmd) Run() error {
	fmt.Print(variableTable())
	return nil
}
