package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// source is what reflection cannot see of a package: comments and constants.
type source struct {
	docs   map[string]string // by "Type" and "Type.Field"
	consts []constDef        // in the order of the files
}

type constDef struct {
	Name  string
	Type  string // empty for an untyped constant
	Value constant.Value
	Doc   string
}

func readSource(dir string) (*source, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("read %s: no Go files (%w)", dir, err)
	}
	src := &source{docs: map[string]string{}}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok {
				if err := src.add(fset, decl); err != nil {
					return nil, err
				}
			}
		}
	}
	return src, nil
}

func (s *source) add(fset *token.FileSet, decl *ast.GenDecl) error {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			s.addType(spec, text(spec.Doc, decl.Doc))
		case *ast.ValueSpec:
			if decl.Tok == token.CONST {
				var outer *ast.CommentGroup
				if !decl.Lparen.IsValid() {
					outer = decl.Doc // the comment of a group is not that of each constant
				}
				if err := s.addConst(fset, spec, outer); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *source) addType(spec *ast.TypeSpec, doc string) {
	s.docs[spec.Name.Name] = doc
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range body.Fields.List {
		for _, name := range field.Names {
			s.docs[spec.Name.Name+"."+name.Name] = text(field.Doc, field.Comment)
		}
	}
}

// addConst takes constants whose value stands beside their name.
func (s *source) addConst(fset *token.FileSet, spec *ast.ValueSpec, outer *ast.CommentGroup) error {
	for i, name := range spec.Names {
		if !name.IsExported() || i >= len(spec.Values) {
			continue
		}
		value, err := types.Eval(fset, nil, token.NoPos, types.ExprString(spec.Values[i]))
		if err != nil {
			return fmt.Errorf("constant %s: %w", name.Name, err)
		}
		def := constDef{Name: name.Name, Value: value.Value, Doc: text(spec.Doc, outer, spec.Comment)}
		if spec.Type != nil {
			def.Type = types.ExprString(spec.Type)
		}
		s.consts = append(s.consts, def)
	}
	return nil
}

// withPrefix are the untyped constants whose names begin with prefix.
func (s *source) withPrefix(prefix string) []constDef {
	return slices.DeleteFunc(slices.Clone(s.consts), func(c constDef) bool {
		return c.Type != "" || !strings.HasPrefix(c.Name, prefix)
	})
}

// ofType are the constants of a named type.
func (s *source) ofType(name string) []constDef {
	return slices.DeleteFunc(slices.Clone(s.consts), func(c constDef) bool { return c.Type != name })
}

func text(groups ...*ast.CommentGroup) string {
	for _, group := range groups {
		if t := strings.TrimSpace(group.Text()); t != "" {
			return t
		}
	}
	return ""
}
