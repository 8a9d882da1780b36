// Records what Sprig 3.3.0 does: go run record.go > calls.jsonl
//
// A row has a call, what it returns, its arguments afterwards, and its arguments after every map of the result was
// given a key `zz`: whatever has that key is shared with the result.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"

	"github.com/Masterminds/sprig/v3"
)

var scalars = []any{nil, 0.0, 1.0, 2.5, "", "x", "y", true, false}

type source struct{ *rand.Rand }

func (from source) name() string { return string("abcde"[from.Intn(5)]) }

func (from source) table(depth int) map[string]any {
	table := map[string]any{}
	for count := from.Intn(5); count > 0; count-- {
		table[from.name()] = from.value(depth)
	}
	return table
}

func (from source) list(depth int) any {
	if from.Intn(6) == 0 {
		return from.value(depth)
	}
	list := []any{}
	for count := from.Intn(6); count > 0; count-- {
		list = append(list, from.value(depth))
	}
	return list
}

func (from source) value(depth int) any {
	kind := from.Intn(20)
	switch {
	case depth > 0 && kind < 9:
		return from.table(depth - 1)
	case depth > 0 && kind < 12:
		return from.list(depth - 1)
	}
	return scalars[from.Intn(len(scalars))]
}

func (from source) call() []any {
	merges := []string{"merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"}
	if from.Intn(3) == 0 {
		call := []any{merges[from.Intn(4)]}
		for count := 1 + from.Intn(3); count > 0; count-- {
			call = append(call, from.table(3))
		}
		return call
	}
	names := []string{"deepCopy", "uniq", "without", "has", "compact", "chunk", "concat", "first", "rest", "last", "initial",
		"reverse", "append", "prepend", "pick", "omit", "pluck", "get", "hasKey", "set", "unset", "dig", "default", "empty",
		"coalesce", "all", "any", "slice", "kindOf", "typeOf", "deepEqual", "toPrettyJson", "toRawJson", "mustFromJson"}
	name := names[from.Intn(len(names))]
	switch name {
	case "uniq", "compact", "first", "rest", "last", "initial", "reverse":
		return []any{name, from.list(2)}
	case "append", "prepend", "without":
		return []any{name, from.list(2), from.value(1)}
	case "has":
		return []any{name, from.value(1), from.list(2)}
	case "chunk":
		return []any{name, float64(from.Intn(8) - 3), from.list(2)}
	case "concat":
		return []any{name, from.list(1), from.list(1)}
	case "pick", "omit":
		return []any{name, from.table(2), from.name(), from.name()}
	case "pluck":
		return []any{name, from.name(), from.table(2), from.table(2)}
	case "get", "hasKey", "unset":
		return []any{name, from.table(2), from.name()}
	case "set":
		return []any{name, from.table(2), from.name(), from.value(2)}
	case "dig":
		call := []any{name}
		for count := from.Intn(4); count > 0; count-- {
			call = append(call, from.name())
		}
		return append(call, "default", from.value(3))
	case "slice":
		bounds := []any{0.0, 1.0, 2.0, -1.0, 9.0, nil}
		return []any{name, []any{"a", 1.0}, bounds[from.Intn(6)], bounds[from.Intn(6)]}
	case "deepEqual":
		return []any{name, from.value(1), from.value(1)}
	case "mustFromJson":
		return []any{name, []string{"{\"a\":[1,null]}", "[1,]", "1e999", "\"x\""}[from.Intn(4)]}
	case "default", "coalesce", "all", "any":
		return []any{name, from.value(1), from.value(1)}
	}
	return []any{name, from.value(3)}
}

func main() {
	from := source{rand.New(rand.NewSource(1))}
	for count := 0; count < 900; count++ {
		call := from.call()
		row := map[string]any{"call": shown(call)}
		result, reason := run(call)
		if reason != "" {
			row["error"] = reason
		} else {
			row["result"] = shown(result)
		}
		row["after"] = shown(call[1:])
		mark(result, map[uintptr]bool{})
		row["marked"] = shown(call[1:])
		line, _ := json.Marshal(row)
		fmt.Println(string(line))
	}
}

func run(call []any) (result any, reason string) {
	defer func() {
		if panicked := recover(); panicked != nil {
			reason = fmt.Sprint(panicked)
		}
	}()
	function := reflect.ValueOf(sprig.GenericFuncMap()[call[0].(string)])
	var args []reflect.Value
	for at, arg := range call[1:] {
		kind := function.Type().In(min(at, function.Type().NumIn()-1))
		if function.Type().IsVariadic() && at >= function.Type().NumIn()-1 {
			kind = kind.Elem()
		}
		switch {
		case arg == nil:
			args = append(args, reflect.Zero(kind))
		case kind.Kind() == reflect.Int:
			args = append(args, reflect.ValueOf(arg).Convert(kind))
		default:
			args = append(args, reflect.ValueOf(arg))
		}
	}
	out := function.Call(args)
	if len(out) > 1 && !out[1].IsNil() {
		return nil, out[1].Interface().(error).Error()
	}
	return out[0].Interface(), ""
}

func shown(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func mark(value any, seen map[uintptr]bool) {
	switch value := value.(type) {
	case map[string]any:
		address := reflect.ValueOf(value).Pointer()
		if value == nil || seen[address] {
			return
		}
		seen[address] = true
		for _, inner := range value {
			mark(inner, seen)
		}
		value["zz"] = 1
	case []any:
		for _, inner := range value {
			mark(inner, seen)
		}
	case [][]any:
		for _, inner := range value {
			mark(inner, seen)
		}
	}
}
