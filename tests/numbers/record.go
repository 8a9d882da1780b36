// Records what Sprig's arithmetic makes of many values, for tests/numbers.rs. Run it where the module
// github.com/Masterminds/sprig/v3 is required:
//
//	go run record.go 1500 > tests/numbers/numbers.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

var random = rand.New(rand.NewSource(11))

func pick[T any](from []T) T { return from[random.Intn(len(from))] }

var texts = []string{"", "0", "7", "-3", "+5", "010", "0x1F", "0o17", "0b11", "1_000", "1.0", "1.00", "10.", "1.0.", "3.7", "1e3", " 1", "abc",
	"true", "9223372036854775808", "-9223372036854775809", "0x1p-2", "0x1.8p3", "Inf", "-inf", "infinity", "NaN", "+nan", "1_0.5", "1__0", ".5", "5.", "1e400", "0x_1p1", "08", "1e-400"}
var floats = []float64{0, 0.1, 0.2, 0.3, 1.5, 2.5, -2.5, 3.14159, 123.555555, 1e6, 1e15, 1e18, 1e19, -1e19, 1e21, 1e300, 1e-300, 5e-324, 1514613943851149.25, 0.000001, 33.3333, 1.005, 2.675, math.MaxFloat64}
var ints = []int64{0, 1, -1, 2, 3, 7, 10, 100, -42, 1 << 53, math.MaxInt64, math.MinInt64}

func operand() any {
	switch random.Intn(8) {
	case 0, 1:
		return pick(texts)
	case 2, 3:
		return pick(floats)
	case 4:
		return float64(random.Intn(2000000)-1000000) / float64(pick([]int{1, 2, 8, 10, 100, 1000, 3, 7}))
	case 5:
		return int(random.Intn(2000) - 1000)
	case 6:
		return pick(ints)
	}
	return pick([]any{nil, true, false, uint8(200), uint64(math.MaxUint64), []any{1}, map[string]any{}})
}

func typed(v any) any {
	one := func(kind string, v any) any { return map[string]any{kind: v} }
	switch v := v.(type) {
	case nil, bool:
		return v
	case int:
		return one("int", strconv.Itoa(v))
	case int64:
		return one("int64", strconv.FormatInt(v, 10))
	case uint64:
		return one("uint64", strconv.FormatUint(v, 10))
	case uint8:
		return one("uint8", strconv.Itoa(int(v)))
	case float64:
		return one("float64", strconv.FormatUint(math.Float64bits(v), 10))
	case string:
		return one("string", v)
	case []any:
		return one("list", []any{})
	case map[string]any:
		return one("map", map[string]any{})
	}
	panic("no such type")
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	count, _ := strconv.Atoi(os.Args[1])
	names := map[string]int{"add": -1, "add1": 1, "sub": 2, "div": 2, "mod": 2, "mul": -1, "add1f": 1, "addf": -1, "subf": -1, "divf": -1, "mulf": -1,
		"max": -1, "min": -1, "maxf": -1, "minf": -1, "ceil": 1, "floor": 1, "int": 1, "int64": 1, "float64": 1, "toDecimal": 1,
		"round": -2, "seq": -3, "until": -4, "untilStep": -5, "atoi": -6}
	sorted := []string{"add", "add1", "sub", "div", "mod", "mul", "add1f", "addf", "subf", "divf", "mulf", "max", "min", "maxf", "minf", "ceil", "floor",
		"int", "int64", "float64", "toDecimal", "round", "seq", "until", "untilStep", "atoi"}
	small := func() any { return random.Intn(30) - 12 }
	for range count {
		name := pick(sorted)
		args := []any{}
		switch arity := names[name]; arity {
		case -1:
			for range 1 + random.Intn(4) {
				args = append(args, operand())
			}
		case -2:
			args = append(args, operand(), pick([]any{0, 1, 2, 3, 5, 10, 17, 22, 25, 100, 308, 309, 320, -1, -2, -5, -20, -300, -320, -330}))
			if random.Intn(3) == 0 {
				args = append(args, pick(floats))
			}
		case -3:
			for range random.Intn(5) {
				args = append(args, small())
			}
		case -4:
			args = append(args, small())
		case -5:
			args = append(args, small(), small(), random.Intn(7)-3)
		case -6:
			args = append(args, pick(texts))
		default:
			for range arity {
				args = append(args, operand())
			}
		}
		dot := map[string]any{}
		words, recorded := []string{}, []any{}
		for at, arg := range args {
			dot[fmt.Sprint("a", at)] = arg
			words, recorded = append(words, fmt.Sprint(".a", at)), append(recorded, typed(arg))
		}
		tmpl := template.Must(template.New("t").Funcs(sprig.TxtFuncMap()).Parse(fmt.Sprintf(`{{ $x := %s %s }}{{ typeOf $x }} {{ $x }}`, name, strings.Join(words, " "))))
		var b strings.Builder
		row := map[string]any{"name": name, "args": recorded}
		if err := tmpl.Execute(&b, dot); err != nil {
			_, row["error"], _ = strings.Cut(err.Error(), "error calling "+name+": ")
		} else {
			row["out"] = b.String()
		}
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(row); err != nil {
			panic(err)
		}
	}
	out.Flush()
}
