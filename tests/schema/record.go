// Records what Helm's schema library says about each case: see README.md.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const location = "file:///values.schema.json"

type refused struct{}

func (refused) Load(url string) (any, error) {
	return nil, fmt.Errorf("HTTP request failed for %s: schemas are not fetched from the network", url)
}

type permissive struct{}

func (permissive) Load(string) (any, error) { return true, nil }

type testCase struct {
	Name   string  `json:"name"`
	Schema string  `json:"schema"`
	Values any     `json:"values"`
	Error  *string `json:"error"`
}

func validate(text string, values any) error {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{
		"file": jsonschema.FileLoader{}, "http": refused{}, "https": refused{}, "urn": permissive{},
	})
	if err := compiler.AddResource(location, document); err != nil {
		return err
	}
	schema, err := compiler.Compile(location)
	if err != nil {
		return err
	}
	if err := schema.Validate(values); err != nil {
		headline := "jsonschema validation failed with '" + location + "#'\n"
		return errors.New(strings.TrimPrefix(err.Error(), headline) + "\n")
	}
	return nil
}

// normal gives an error without what is random in it.
func normal(err error) string {
	if err == nil {
		return ""
	}
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		if place, names, found := strings.Cut(line, "additional properties "); found {
			list := strings.Split(strings.TrimSuffix(names, " not allowed"), ", ")
			slices.Sort(list)
			lines[i] = place + strings.Join(list, ", ")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func main() {
	input := bufio.NewReader(os.Stdin)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for {
		line, err := input.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var found testCase
			if err := json.Unmarshal(line, &found); err != nil {
				panic(err)
			}
			first := validate(found.Schema, found.Values)
			stable := true
			for range 7 {
				stable = stable && normal(validate(found.Schema, found.Values)) == normal(first)
			}
			found.Error = nil
			if first != nil {
				text := first.Error()
				found.Error = &text
			}
			if stable {
				if err := encoder.Encode(found); err != nil {
					panic(err)
				}
			}
		}
		if err != nil {
			return
		}
	}
}
