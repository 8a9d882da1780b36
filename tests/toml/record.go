// Records what BurntSushi/toml 1.6.0 makes of texts and values: TZ=UTC go run record.go reads > reads.jsonl,
// go run record.go writes > writes.jsonl
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"sort"

	"github.com/BurntSushi/toml"
)

var seeds = []string{
	"a = 1.5\nb = [1, 2]\nc = {x = 1, y.z = \"q\"}\n",
	"[[l]]\na = 1\n[[l]]\na = 2\n[l.s]\nx=1\n",
	"d = 2024-01-02\nt = 03:04:05.123\nu = 2024-02-29T10:20:30Z\nv=1979-05-27 07:32:00-08:00 # c\nw = 1979-05-27T07:32\nx=07:32",
	"a = 0x1F\nb = 0o17\nc = 0b11\nd = 1_000\ne=-17\nf=+3.5e-10\ng=6.626e34\nh=inf\ni=-nan\nj=1e300\nk=9223372036854775807",
	"a.b.c = 1\na.b.d = 2\n[a.e]\nx=\"y\"\n\"q r\".'s t' = true\n",
	"s = \"\"\"\n  multi\\\n   line \\t \\u00e9 \\\"\\\"\" x\"\"\" \nr = '''raw\n'' x'''''\nt = \"\\U0001F600\\x41\\e\"\n",
	"# comment\n\n[t] # c\nk = [ # c\n 1, # d\n [2.0, \"x\"],\n {a = [ {b=1}, {} ]},\n]\nz = {a = {b = {}}, c = [1,{d=2}], }\n",
	"x = false\r\ny = true\r\n[a]\r\n[a.b]\r\n[c.d]\r\n[c]\r\n",
	"a = {b = 1}\na.c = 2\n",
	"[a]\nb=1\n[a.b.c]\n",
	"a = [{x=1},{x=2,y={z=1}}]\n[[b]]\n[[b.c]]\nq=1\n[[b.c]]\n[b.c.d]\n",
	"\ufeffa=\"é\"",
	"\"\" = 1\n[\"\"]\n\"\" = [1]\n",
	"ключ = \"значение\"\n",
}

var pieces = []string{"{", "}", "[", "]", "=", ".", ",", "\"", "'", "\\", "\n", "\r", "\r\n", " ", "\t", "#", "0", "1",
	"9", "_", "-", "+", "e", ":", "T", "Z", "a", "b", "x", "i", "n", "f", "inf", "nan", "true", "\"\"\"", "'''", "\x00",
	"\x01", "\x7f", "\xff", "é", "a = 1\n", "a.b = 2\n", "[a]\n", "[[a]]\n", "\\u12", "\\x", "0x", "a={b=1}", "[[", "]]", "$"}

var keys = []string{"a", "b", "c d", "é", "", "x.y", "q\"", "z-1"}
var scalars = []any{nil, 0, 1, 2.5, 1e6, 123456, 1e-5, 1e21, "", "x\ty\"\\\x01\x7f\n", "é", true, false}

func main() {
	random := rand.New(rand.NewSource(1))
	for count := 0; count < 1000; count++ {
		var row map[string]string
		if os.Args[1] == "writes" {
			text, _ := json.Marshal(value(random, 4))
			var read any
			json.Unmarshal(text, &read)
			row = map[string]string{"json": string(text), "toml": encode(read)}
		} else {
			row = reads(mutate(random))
		}
		line, _ := json.Marshal(row)
		fmt.Println(string(line))
	}
}

func mutate(random *rand.Rand) []byte {
	text := []byte(seeds[random.Intn(len(seeds))])
	for changes := random.Intn(4); changes > 0 && len(text) > 0; changes-- {
		at := random.Intn(len(text))
		piece := pieces[random.Intn(len(pieces))]
		behind := min(len(text), at+random.Intn(3))
		switch random.Intn(4) {
		case 0:
			text = append(text[:at:at], append([]byte(piece), text[at:]...)...)
		case 1:
			text = append(text[:at:at], text[behind:]...)
		case 2:
			text = append(text[:at:at], append([]byte(piece), text[behind:]...)...)
		default:
			if random.Intn(3) == 0 {
				text = text[:at]
			}
		}
	}
	return text
}

func reads(text []byte) map[string]string {
	row := map[string]string{"text": hex.EncodeToString(text)}
	table := map[string]any{}
	if err := toml.Unmarshal(text, &table); err != nil {
		row["error"] = err.Error()
		return row
	}
	row["types"] = types(table)
	row["toml"] = encode(table)
	return row
}

func encode(value any) (text string) {
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprint(reason)
		}
	}()
	var out bytes.Buffer
	if err := toml.NewEncoder(&out).Encode(value); err != nil {
		return err.Error()
	}
	return out.String()
}

// The values with their Go types.
func types(value any) string {
	switch value := value.(type) {
	case map[string]any:
		var names []string
		for name := range value {
			names = append(names, name)
		}
		sort.Strings(names)
		text := "{"
		for _, name := range names {
			text += fmt.Sprintf("%q: %s, ", name, types(value[name]))
		}
		return text + "}"
	case []any:
		text := "[]interface {}["
		for _, item := range value {
			text += types(item) + ", "
		}
		return text + "]"
	case []map[string]any:
		text := "[]map[string]interface {}["
		for _, item := range value {
			text += types(item) + ", "
		}
		return text + "]"
	case string:
		return fmt.Sprintf("%q", value)
	default:
		return fmt.Sprintf("%T(%v)", value, value)
	}
}

func value(random *rand.Rand, depth int) any {
	kind := random.Intn(10)
	switch {
	case depth == 4 && kind > 0, depth > 0 && kind < 4:
		table := map[string]any{}
		for count := random.Intn(4); count > 0; count-- {
			table[keys[random.Intn(len(keys))]] = value(random, depth-1)
		}
		return table
	case depth > 0 && kind < 7:
		list := []any{}
		for count := random.Intn(4); count > 0; count-- {
			if kind == 6 {
				list = append(list, map[string]any{keys[random.Intn(len(keys))]: value(random, depth-1)})
			} else {
				list = append(list, value(random, depth-1))
			}
		}
		return list
	}
	return scalars[random.Intn(len(scalars))]
}
