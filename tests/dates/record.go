// Records what Go's package time makes of many layouts, texts and durations, for tests/dates.rs:
//
//	go run tests/dates/record.go format 800 > tests/dates/format.jsonl
//	go run tests/dates/record.go parse 1200 > tests/dates/parse.jsonl
//	go run tests/dates/record.go methods 300 > tests/dates/methods.jsonl
//	go run tests/dates/record.go durations 500 > tests/dates/durations.jsonl
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
	"time"
	"unicode/utf8"
)

var random = rand.New(rand.NewSource(6))

func pick[T any](from []T) T { return from[random.Intn(len(from))] }

func text(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return map[string]any{"hex": hex.EncodeToString([]byte(s))}
}

var zones = []string{"UTC", "Local", "", "America/New_York", "Europe/Paris", "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe", "America/Sao_Paulo",
	"Africa/Monrovia", "Pacific/Apia", "Asia/Kathmandu", "Europe/Dublin", "america/new_york", "Nope/Zone", "../etc", "/UTC", "EST", "Etc/GMT+5"}
var locals = []string{"UTC", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"}

func seconds() int64 {
	switch random.Intn(10) {
	case 0:
		return pick([]int64{0, -1, 1, math.MaxInt64, math.MinInt64, -62135596800, -62135596801, 253402300799, 253402300800, -62167219200, 1 << 40, -(1 << 40)})
	case 1:
		return random.Int63n(1<<36) - 1<<35
	case 2:
		return int64(random.Uint64())
	}
	return random.Int63n(4102444800)
}

var elements = []string{"January", "Jan", "1", "01", "Monday", "Mon", "2", "_2", "02", "__2", "002", "15", "3", "03", "4", "04", "5", "05", "2006", "06", "PM", "pm",
	"MST", "Z0700", "Z070000", "Z07", "Z07:00", "Z07:00:00", "-0700", "-070000", "-07", "-07:00", "-07:00:00", ".000", ",000", ".999", ",999999999", ".0", ".9", ".000000", ".00000000000"}
var between = []string{"", "", " ", "-", ":", "/", "T", ", ", "  ", "x", "\"", "é", "\xff", "_", "at ", "Month", "_2006", "0"}
var known = []string{time.ANSIC, time.UnixDate, time.RubyDate, time.RFC822, time.RFC822Z, time.RFC850, time.RFC1123, time.RFC1123Z, time.RFC3339, time.RFC3339Nano,
	time.Kitchen, time.Stamp, time.StampMilli, time.StampNano, time.DateTime, time.DateOnly, time.TimeOnly, time.Layout}

func layout() string {
	if random.Intn(3) == 0 {
		return pick(known)
	}
	s := pick(between)
	for range 1 + random.Intn(5) {
		s += pick(elements) + pick(between)
	}
	return s
}

func format() any {
	at, zone, form := seconds(), pick(zones), layout()
	local := pick(locals)
	time.Local, _ = time.LoadLocation(local)
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return map[string]any{"seconds": strconv.FormatInt(at, 10), "zone": zone, "local": local, "layout": text(form), "out": text(time.Unix(at, 0).In(loc).Format(form))}
}

func mutate(s string) string {
	b := []byte(s)
	for range 1 + random.Intn(2) {
		if len(b) == 0 {
			break
		}
		at := random.Intn(len(b))
		switch random.Intn(5) {
		case 0:
			b[at] = byte(pick([]rune("0123456789 :.-+ZTaPxM,")))
		case 1:
			b = append(b[:at], b[at+1:]...)
		case 2:
			b = append(b[:at], append([]byte{b[at]}, b[at:]...)...)
		case 3:
			b = append(b, pick([]string{" ", "Z", "9", " extra", "é", "\xff"})...)
		case 4:
			b[at] = byte(random.Intn(256))
		}
	}
	return string(b)
}

var values = []string{"2024-02-29T13:04:05Z", "2024-02-29T13:04:05.123456789123+02:00", "2023-02-29", "2024-366", "2023-366", "2024-060", "12:61:00", "24:00:00",
	"2006-01-02 15:04:05 CET", "2006-07-02 15:04:05 CEST", "Mon Jan  2 15:04:05 EDT 2006", "02 Jan 06 15:04 GMT+3", "02 Jan 06 15:04 XYZT", "12:00AM", "0:30PM", "3:04PM", "2024-01-01T00:00:00-00:00", "2024-11-03 01:30:00 EST"}

func parse() any {
	form := layout()
	local := pick(locals)
	loc, _ := time.LoadLocation(local)
	zone, err := time.LoadLocation(pick(zones))
	if err != nil {
		zone = loc
	}
	value := time.Unix(random.Int63n(4102444800), random.Int63n(1e9)).In(zone).Format(form)
	switch random.Intn(6) {
	case 0:
		value, form = pick(values), pick([]string{time.RFC3339, time.DateOnly, "2006-002", time.TimeOnly, "2006-01-02 15:04:05 MST", time.UnixDate, "02 Jan 06 15:04 MST", time.Kitchen, "03:04PM"})
	case 1, 2, 3:
		value = mutate(value)
	}
	row := map[string]any{"layout": text(form), "value": text(value), "local": local}
	t, err := time.ParseInLocation(form, value, loc)
	if err != nil {
		row["error"] = err.Error()
	} else {
		row["out"], row["unix"] = text(t.String()), strconv.FormatInt(t.UnixNano(), 10)
	}
	return row
}

func duration() time.Duration {
	switch random.Intn(5) {
	case 0:
		return pick([]time.Duration{0, 1, -1, math.MaxInt64, math.MinInt64, time.Second, time.Minute, time.Hour, 7, 1500 * time.Millisecond})
	case 1:
		return time.Duration(random.Uint64())
	}
	return time.Duration(random.Int63n(1<<uint(1+random.Intn(62)))) * pick([]time.Duration{1, -1})
}

func methods() any {
	local := pick(locals[2:])
	time.Local, _ = time.LoadLocation(local)
	at := seconds()
	t := time.Unix(at, 0)
	d, years, months, days := duration(), random.Intn(21)-10, random.Intn(41)-20, random.Intn(801)-400
	other := time.Unix(seconds(), 0)
	number := func(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }
	return map[string]any{"seconds": strconv.FormatInt(at, 10), "local": local, "duration": number(d),
		"date": []int{years, months, days}, "other": strconv.FormatInt(other.Unix(), 10),
		"Add": t.Add(d).String(), "AddDate": t.AddDate(years, months, days).String(), "Sub": t.Sub(other).String(),
		"Round": t.Round(d).String(), "Truncate": t.Truncate(d).String(), "Compare": t.Compare(other), "GoString": t.GoString(),
		"parts": fmt.Sprint(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Weekday(), t.YearDay(), t.IsDST(), t.IsZero(),
			t.Unix(), t.UnixMilli(), t.UnixNano(), t.UTC(), t.Location() == time.Local),
		"plain": fmt.Sprintf("%d %q %5d|%x|%+v|%#v|%t", t.Month(), t.Weekday(), t.Weekday(), t.Month(), []any{t.Month(), t}, t.Month(), t.Weekday())}
}

func durations() any {
	s := ""
	for range random.Intn(4) {
		s += pick([]string{"", "1", "0", "15", "1.5", ".5", "5.", "9223372036854775807", "9223372036854775808", "2562047", "0.000000001", "1.23456789012345678901", "-", "+", "."})
		s += pick([]string{"", "ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "x", "é", "\"", "\xff"})
	}
	s = pick([]string{"", "", "-", "+"}) + s
	row := map[string]any{"text": text(s)}
	if d, err := time.ParseDuration(s); err != nil {
		row["error"] = err.Error()
	} else {
		row["parsed"] = strconv.FormatInt(int64(d), 10)
	}
	d, m := duration(), duration()
	row["nanoseconds"], row["multiple"] = strconv.FormatInt(int64(d), 10), strconv.FormatInt(int64(m), 10)
	row["shown"] = fmt.Sprint(d, d.Hours(), d.Minutes(), d.Seconds(), d.Milliseconds(), d.Microseconds(), d.Abs(), d.Round(m), d.Truncate(m))
	row["plain"] = fmt.Sprintf("%d %x %q|%20v|%-12s|%T %v %#v %t", d, d, d, d, d, d, []any{d}, d, d)
	return row
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	count, _ := strconv.Atoi(os.Args[2])
	for range count {
		row := map[string]func() any{"format": format, "parse": parse, "methods": methods, "durations": durations}[os.Args[1]]()
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(row); err != nil {
			panic(err)
		}
	}
	out.Flush()
}
