// Records what Go's fmt and strconv print, for tests/print.rs:
//
//	go run tests/print/record.go sprintf 1500 > tests/print/sprintf.jsonl
//	go run tests/print/record.go float 1500 > tests/print/float.jsonl
//	go run tests/print/record.go quote 400 > tests/print/quote.jsonl
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"unicode/utf8"
)

var random = rand.New(rand.NewSource(7))
var out = bufio.NewWriter(os.Stdout)

func pick[T any](from []T) T { return from[random.Intn(len(from))] }

// text is a JSON string, or {"hex": ...} where the bytes are not UTF-8.
func text(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return map[string]any{"hex": hex.EncodeToString([]byte(s))}
}

// typed is a value with its Go type.
func typed(v any) any {
	one := func(kind string, v any) any { return map[string]any{kind: v} }
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
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
	case complex128:
		return one("complex", []any{typed(real(v)), typed(imag(v))})
	case string:
		return one("string", text(v))
	case []byte:
		return one("bytes", hex.EncodeToString(v))
	case []string:
		items := []any{}
		for _, item := range v {
			items = append(items, typed(item))
		}
		return one("strings", items)
	case []any:
		items := []any{}
		for _, item := range v {
			items = append(items, typed(item))
		}
		return one("list", items)
	case map[string]any:
		items := map[string]any{}
		for key, item := range v {
			items[key] = typed(item)
		}
		return one("map", items)
	}
	panic("no such type")
}

var ints = []int64{0, 1, -1, 7, 42, -42, 65, 97, 233, 0x2318, 0x1f600, 0xd800, 0x10ffff, 0x110000, 123456789, math.MaxInt64, math.MinInt64}
var floats = []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.5, 1.5, 2.5, 3.14159265, 100000, 1e6, 123456789, 1e20, 1e21, 1e-4, 1e-5,
	5e-324, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), 0.000001, 99.95, 1234.5678, 2.0 / 3}
var texts = []string{"", "a", "hello", "héllo ☃ 😀", "a\tb\nc", "`q`", `"'\`, "\x00\x7f\xff\xe2\x98", "\u00a0\u200b\ufeff", "%d%"}

func scalar() any {
	switch random.Intn(10) {
	case 0:
		return nil
	case 1:
		return random.Intn(2) == 0
	case 2, 3:
		return int(pick(ints))
	case 4:
		return pick(ints)
	case 5:
		if random.Intn(2) == 0 {
			return uint8(pick(ints))
		}
		return uint64(pick(ints))
	case 6, 7:
		return pick(floats)
	case 8:
		return complex(pick(floats), pick(floats))
	}
	return pick(texts)
}

func value(depth int) any {
	if depth == 0 || random.Intn(3) > 0 {
		return scalar()
	}
	count := random.Intn(4)
	switch random.Intn(4) {
	case 0:
		return []byte("a\x00\xffz")[:count]
	case 1:
		items := []string{}
		for range count {
			items = append(items, pick(texts))
		}
		return items
	case 2:
		items := map[string]any{}
		for range count {
			items[pick([]string{"a", "b", "key", "Z", "ä"})] = value(depth - 1)
		}
		return items
	}
	items := []any{}
	for range count {
		items = append(items, value(depth-1))
	}
	return items
}

func directive() string {
	s := "%"
	for range random.Intn(3) {
		s += pick([]string{"", "+", "-", "#", " ", "0"})
	}
	if random.Intn(8) == 0 {
		s += pick([]string{"[1]", "[2]", "[3]", "[0]", "[x]", "[]", "[1", "[99999999]"})
	}
	s += pick([]string{"", "", "", "1", "5", "8", "20", "*", "99999999999"})
	if random.Intn(3) == 0 {
		s += "." + pick([]string{"", "0", "1", "3", "10", "17", "25", "*", "[1]*", "-1"})
	}
	if random.Intn(10) == 0 {
		s += pick([]string{"[1]", "[2]", "[4]"})
	}
	return s + pick([]string{"v", "v", "v", "s", "s", "d", "d", "q", "x", "X", "T", "t", "b", "c", "o", "O", "U", "e", "E", "f", "F", "g", "G", "w", "%", "!", "z", "é", "", "\xff"})
}

func sprintf() any {
	format := ""
	for range 1 + random.Intn(3) {
		format += pick([]string{"", "", " ", "x=", "☃", "\xff"}) + directive()
	}
	args, recorded := []any{}, []any{}
	for range random.Intn(4) {
		arg := value(3)
		args, recorded = append(args, arg), append(recorded, typed(arg))
	}
	printed := fmt.Sprintf(format, args...)
	if len(printed) > 2000 {
		return sprintf()
	}
	return map[string]any{"format": text(format), "args": recorded, "out": text(printed),
		"print": text(fmt.Sprint(args...)), "println": text(fmt.Sprintln(args...))}
}

func float() any {
	number := pick(floats)
	switch random.Intn(5) {
	case 0:
		number = math.Float64frombits(random.Uint64())
	case 3:
		number = math.Ldexp(float64(random.Int63n(1<<53)), random.Intn(9)-6)
	case 1:
		number = float64(random.Intn(4000)-2000) / 16
	case 2:
		number = float64(random.Intn(2000000)) / 1000
	}
	format := pick([]byte("eEfgGbxX"))
	precision := pick([]int{-1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 10, 14, 15, 16, 17, 18, 20, 30, 100, 800, 1200})
	return map[string]any{"number": strconv.FormatUint(math.Float64bits(number), 10), "format": string(format),
		"precision": precision, "out": strconv.FormatFloat(number, format, precision, 64)}
}

func quote() any {
	s := ""
	for range random.Intn(6) {
		switch random.Intn(4) {
		case 0:
			s += string([]byte{byte(random.Intn(256))})
		case 1:
			s += string(rune(random.Intn(0x3000)))
		case 2:
			s += string(rune(random.Intn(0x110000)))
		case 3:
			s += pick(texts)
		}
	}
	r := rune(random.Intn(0x3000))
	return map[string]any{"text": text(s), "quote": text(strconv.Quote(s)), "ascii": strconv.QuoteToASCII(s),
		"rune": string(r), "quoted": strconv.QuoteRune(r), "raw": strconv.CanBackquote(s), "count": utf8.RuneCountInString(s)}
}

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	for range count {
		row := map[string]func() any{"sprintf": sprintf, "float": float, "quote": quote}[os.Args[1]]()
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(row); err != nil {
			panic(err)
		}
	}
	out.Flush()
}
