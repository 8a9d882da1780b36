// Records what Go's encoding/json makes of texts: go run record.go > reads.jsonl
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
)

var seeds = []string{
	"{\"a\": [1, 2.5e+10, -0.0, \"x\\u00e9\\ud83d\\ude00\\n\", {\"b\": null, \"c\": true, \"\": false}], \"z\": \"\u00e9<>&\u2028\"}",
	`[[],{},[{}],"\ud800\udc00\ud800x\udc00", 1e400, 1E-400, 0.1e+1, 123456789012345678901]`,
	` null `,
	`"\"\\\/\b\f\n\r\t"`,
	`-12.5E-3`,
	`{"a":{"a":{"a":[1,2,{"a":1}]}},"a":2}`,
	`[1e21,1e20,1e-6,1e-7,1.7976931348623157e308,5e-324,0.3,100]`,
}

const letters = "{}[]:,\"\\ \n\t\r0123456789.eE+-truefalsnu/bx'd\x00\x1f\x7f\xff\x80\xc3\xa9\xed\xa0\x80\xf0\x9f"

func main() {
	random := rand.New(rand.NewSource(1))
	for count := 0; count < 700; count++ {
		text := []byte(seeds[random.Intn(len(seeds))])
		for changes := random.Intn(4); changes > 0 && len(text) > 0; changes-- {
			at := random.Intn(len(text))
			switch random.Intn(4) {
			case 0:
				text = append(text[:at:at], append([]byte{letters[random.Intn(len(letters))]}, text[at:]...)...)
			case 1:
				text = append(text[:at:at], text[at+1:]...)
			case 2:
				text[at] = letters[random.Intn(len(letters))]
			default:
				text = text[:at]
			}
		}
		row := map[string]string{"text": hex.EncodeToString(text)}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			row["error"] = err.Error()
		}
		if compact, err := json.Marshal(value); err == nil {
			row["compact"] = string(compact)
		}
		if pretty, err := json.MarshalIndent(value, "", "  "); err == nil {
			row["pretty"] = string(pretty)
		}
		var table map[string]any
		if err := json.Unmarshal(text, &table); err != nil {
			row["map_error"] = err.Error()
		}
		var list []any
		if err := json.Unmarshal(text, &list); err != nil {
			row["list_error"] = err.Error()
		}
		line, _ := json.Marshal(row)
		fmt.Println(string(line))
	}
}
